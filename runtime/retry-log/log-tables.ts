import { type Database, open, type RootDatabase, type RootDatabaseOptions } from 'lmdb'
import type { LogTable } from './log-write.ts'

/**
 * Every thread of a process that opens the log does so with these, and never with `readOnly`: LMDB has one environment for
 * each file and process, which is what the first to open it made of it, also for the thread that writes.
 */
export const logStoreOptions: RootDatabaseOptions = {
  maxDbs: 16,
  // One for each thread that reads; LMDB keeps 64 bytes for each.
  maxReaders: 1024,
  // With batching, a commit that fails (a full disk) also rejects a promise that nobody can reach, which ends the process.
  eventTurnBatching: false,
  // A transaction has ended when it is on disk, not before.
  overlappingSync: false,
}

/** What the values of each table are: bytes that LMDB keeps as they are, or anything, kept as MessagePack. */
export const logTables: { readonly [T in LogTable]: 'bytes' | 'packed' } = {
  segments: 'bytes',
  places: 'packed',
  claims: 'packed',
  ended: 'bytes',
  expiry: 'packed',
  'caller-ids': 'packed',
  'dead-letters': 'packed',
  paused: 'packed',
  'trigger-marks': 'packed',
  counts: 'packed',
  meta: 'packed',
}

/** A `LogKey`, as LMDB's types ask for it. */
export type StoredKey = string | (string | number)[]

export type LogDatabases = { readonly [T in LogTable]: Database<unknown, StoredKey> }

export interface LogStore {
  /** Another one after the file was mapped anew. */
  root: RootDatabase
  /** Always the same object; what it holds may be others. */
  readonly tables: LogDatabases
}

/** Opens the log's environment with all its tables, which are made where they are missing. To be closed by `root.close()`. */
export function openLogStore(file: string, values: LogValues): LogStore {
  const root = open({ ...logStoreOptions, path: file })
  return { root, tables: openLogTables(root, values) }
}

/** What `get` and `put` take: what the tables are of, or bytes of all of them. */
export type LogValues = 'as-tables' | 'bytes'

export function openLogTables(root: RootDatabase, values: LogValues): LogDatabases {
  const tables = Object.entries(logTables).map(([name, kind]) => {
    const encoding = values === 'bytes' || kind === 'bytes' ? 'binary' : 'msgpack'
    // Without records, for the writer knows none of those that a reader would expect.
    const table = { name, encoding, useRecords: false } as const
    return [name, root.openDB<unknown, StoredKey>(table)]
  })
  return Object.fromEntries(tables) as LogDatabases
}
