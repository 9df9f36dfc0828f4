import type { LogLine } from '../model/invocation.ts'
import type { GuestError, OutcomeKind } from '../model/outcome.ts'
import type { WorkerMetrics } from '../observe/metrics.ts'
import type { InvocationRecord } from '../observe/record.ts'
import type { WorkerStatus } from '../pool/status.ts'
import type { RegistryDelta } from '../registry/registry.ts'

/** How a direct invocation ended. */
export interface DirectResult {
  readonly invocationId: string
  /** `hello:3`; null if no version could be picked. */
  readonly executedVersion: string | null
  readonly outcome: OutcomeKind
  /** JSON text; null unless the outcome is `ok`. */
  readonly result: string | null
  readonly error: GuestError | null
  readonly message: string | null
  readonly durationMs: number
  readonly cpuMs: number
  readonly logLines: readonly LogLine[]
  /** Set when the reference named nothing: `function_not_found`, `version_not_found`, `alias_not_found`. */
  readonly refusal: { readonly code: string; readonly message: string } | null
}

/** One worker process as the supervisor sees it. */
export interface FleetMember {
  /** Its place, counted from 0; kept by its replacement. */
  readonly index: number
  readonly pid: number
  readonly state: 'starting' | 'ready' | 'draining'
  readonly restarts: number
  /** Null if it did not answer within a second. */
  readonly status: WorkerStatus | null
}

/** The worker processes, as the admin socket steers them. */
export interface Fleet {
  /** Sends a change to every live worker. Resolves when all have applied it, or after 2 s with how many have. */
  broadcast(delta: RegistryDelta): Promise<{ readonly applied: number; readonly live: number }>
  members(): Promise<readonly FleetMember[]>
  /** Of the workers that answer within a second. */
  metrics(): Promise<readonly WorkerMetrics[]>
  /** Workers that ended unasked and were replaced, since the supervisor began. */
  readonly restarts: number
  /** Whether at least one worker serves the newest revision. */
  readonly isReady: boolean
  /** Runs a direct event in some worker. @throws IsoletteError `unavailable` if none is ready or the worker died meanwhile */
  invoke(call: { readonly reference: string; readonly json: string }): Promise<DirectResult>
  /** Replaces every worker, one at a time: the new one listens before the old one closes. */
  replaceAll(): Promise<void>
  /** While anyone follows, workers send every record, not only failures and samples. Returns the function that ends it. */
  follow(listener: (record: InvocationRecord) => void): () => void
  /** The latest records, oldest first, at most 1 000. */
  recentRecords(): readonly InvocationRecord[]
}
