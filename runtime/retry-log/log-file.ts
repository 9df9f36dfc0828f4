import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { IsoletteError } from '../model/errors.ts'
import { completeStoreFile, damaged, inspectStoreFile } from '../storage/store-file.ts'
import { createStoreFile } from '../storage/store-file-creation.ts'
import { type LogStore, logStoreOptions, openLogStore, openLogTables } from './log-tables.ts'

/** Raised whenever older releases could not read what is written any more. */
export const logFormat = 1

export function logFile(dataDir: string): string {
  return join(dataDir, 'retry-log.mdb')
}

/** Makes the log of a data directory if it has none. @throws IsoletteError `storage_full`, `data_damaged` */
export function createLogFile(dataDir: string): Promise<void> {
  return createStoreFile(logFile(dataDir), 'the retry log', async (temporary) => {
    const { root, tables } = openLogStore(temporary, 'as-tables')
    root.transactionSync(() => tables.meta.putSync('format', logFormat))
    await root.close()
  })
}

/**
 * Opens the log of a data directory for the process that says what becomes of calls. No other has it open yet.
 *
 * @throws IsoletteError `data_format` if a newer release wrote it, `data_damaged` if it cannot be read
 */
export function openLogFile(dataDir: string): LogStore {
  const file = logFile(dataDir)
  // Of what was committed but not yet on disk when the power went, LMDB would take the newest for granted.
  const condition = inspectStoreFile(file)
  if (condition === 'lacking') completeStoreFile(file)
  return openChecked(file, condition === 'restorable')
}

/** Opens it for another process, while the one that `openLogFile` is for has it open. @throws as `openLogFile` */
export function joinLogFile(dataDir: string): LogStore {
  return openChecked(logFile(dataDir), false)
}

function openChecked(file: string, safeRestore: boolean): LogStore {
  let root: RootDatabase | null = null
  try {
    const options = { ...logStoreOptions, path: file, safeRestore }
    root = open(options)
    checkFormat(file, root)
    return { root, tables: openLogTables(root, 'as-tables') }
  } catch (cause) {
    void root?.close()
    throw cause instanceof IsoletteError ? cause : damaged(file, (cause as Error).message, cause)
  }
}

/**
 * Lets go of the memory that the file is mapped into: each page that was read is the process's until then, also one of calls
 * that are long gone. Everything that was read before must have been copied, and no thread of the process have it open.
 */
export function remapLogFile(dataDir: string, store: LogStore): void {
  // At once, although it answers later. It is closed already if it could not be opened the last time.
  store.root.close().catch(() => {})
  const { root, tables } = openChecked(logFile(dataDir), false)
  store.root = root
  Object.assign(store.tables, tables)
}

/** Nothing is made in a file that may be someone else's, or a later release's. */
function checkFormat(file: string, root: RootDatabase): void {
  const meta = { name: 'meta', encoding: 'msgpack', useRecords: false, create: false } as const
  const found = root.openDB<unknown, string>(meta)?.get('format')
  if (typeof found !== 'number') throw damaged(file, 'it is not a retry log of isolette')
  if (found > logFormat) {
    throw new IsoletteError(
      'data_format',
      `Cannot read the retry log ${file}: format ${found}, must be at most ${logFormat}: use the release that wrote it, or a later one`,
      { details: { file, found, supported: logFormat } },
    )
  }
}
