/**
 * What the log's writer and its thread say to each other. To the thread: a list of `PackedWrite` as MessagePack, in one
 * `Uint8Array` that is handed over; or null, after which it ends. Cloning the objects instead takes five times as long.
 * From the thread: a `CommitReply` for each transaction, which are in the order of the writes.
 */

import type { StoredKey } from './log-tables.ts'
import type { LogTable } from './log-write.ts'

/** About as much is sent at once, and committed at once, but for a greater write: so much is in memory twice. */
export const maxGroupBytes = 4 * 1024 * 1024

/** What the thread is started with. */
export interface WriterThreadData {
  readonly file: string
  /** See `WriterGuard`. */
  readonly guard: Int32Array
}

type PackedOperation =
  | [table: LogTable, key: StoredKey, value: Uint8Array]
  | [table: LogTable, key: StoredKey]

export type PackedWrite = [absent: [table: LogTable, key: StoredKey][], operations: PackedOperation[]]

/** An error, as threads can tell it. `code` is LMDB's or the system's. */
export interface WriteFailure {
  readonly code: unknown
  readonly message: string
}

export interface CommitReply {
  /** Of each write: whether it was done, or why it never can be. */
  readonly results: (boolean | WriteFailure)[]
  /** Why none of them was done. */
  readonly failure: WriteFailure | null
}
