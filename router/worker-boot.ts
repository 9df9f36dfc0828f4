import type { PeerAddress } from './hand-over/peer-address.ts'
import type { ServerOptions } from './options.ts'

/** What a worker is told when it is started: its one argument, as JSON. */
export interface WorkerBoot {
  /** Its place, counted from 0; kept by its replacement. */
  readonly index: number
  /** To listen on; 0 = any free port. */
  readonly port: number
  readonly heartbeatMs: number
  /** Its own, and where the others are. */
  readonly peer: PeerAddress
  /** What the retry log's time is ahead of the machine's monotonic clock. */
  readonly logOffsetMs: number
  /** From the beginning of a drain to the end, lingering included. */
  readonly drainMs: number
  readonly options: ServerOptions
}

/**
 * How Node must be started for a process that runs isolates. Isolates that come from different snapshots share V8's
 * read-only heap, and crash (isolated-vm's README).
 */
export const workerNodeOptions: readonly string[] = ['--no-node-snapshot']

/**
 * Besides: warnings that Node would write about what guests do. Algorithms of `crypto.subtle` that are new are a
 * function's own choice; and keys that are not extractable are read for their keeper (see `web-crypto-keys.ts`).
 */
export const quietNodeOptions: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=DEP0204',
]
