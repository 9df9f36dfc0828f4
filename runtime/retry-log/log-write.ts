/**
 * Changes of the log's tables, as a process writes them: all of one `LogWrite`, or nothing. Keys and values as lmdb's own
 * encodings take them, but values that are bytes already (`Uint8Array` in tables of bytes) are not looked into.
 */
export type LogOperation =
  | { readonly kind: 'put'; readonly table: LogTable; readonly key: LogKey; readonly value: unknown }
  | { readonly kind: 'remove'; readonly table: LogTable; readonly key: LogKey }

export type LogTable =
  | 'segments'
  | 'places'
  | 'claims'
  | 'ended'
  | 'expiry'
  | 'caller-ids'
  | 'dead-letters'
  | 'paused'
  | 'trigger-marks'
  | 'counts'
  | 'meta'

export type LogKey = string | readonly (string | number)[]

export interface LogWrite {
  /** Written only if none of these keys is there. */
  readonly ifAbsent: readonly { readonly table: LogTable; readonly key: LogKey }[]
  readonly operations: readonly LogOperation[]
}

/**
 * Writes to the log's file on a thread of its own, with one commit (flushed) for all that waits. A thread, and transactions
 * that are begun and ended in one call: after a commit that the disk refused, lmdb's own batching leaves promises that
 * nobody can reach, and may never settle another.
 */
export interface LogWriter {
  /** Resolves when it is on disk: false = a key of `ifAbsent` is there. @throws IsoletteError `retry_log_unavailable` */
  write(write: LogWrite): Promise<boolean>
  close(): Promise<void>
}
