import { dirname, join } from 'node:path'
import { type Database, type Key, open, type RootDatabase, type RootDatabaseOptions } from 'lmdb'
import { IsoletteError } from '../../model/errors.ts'
import { storageFailure } from '../../storage/storage-failure.ts'
import { completeStoreFile, damaged, inspectStoreFile } from '../../storage/store-file.ts'
import { Table, type ValueKind } from './table.ts'

/** Raised whenever older releases could not read what is written any more. */
export const storeFormat = 1

/** How a process uses the store: one writes and reads, any number only read. */
export type StoreAccess = 'write' | 'read'

export const storeOptions: RootDatabaseOptions = {
  maxDbs: 32,
  // One for each process that reads; LMDB keeps 64 bytes for each.
  maxReaders: 1024,
  // With batching, a commit that fails (a full disk) also rejects a promise that nobody can reach, which ends the process.
  eventTurnBatching: false,
}

export function storeFile(dataDir: string): string {
  return join(dataDir, 'store.mdb')
}

/**
 * Opens the one LMDB environment of a data directory, which `createStore` made. Write access is for one process.
 *
 * @throws IsoletteError `data_format` if a newer release wrote it, `data_damaged` if it cannot be read
 */
export function openStore(dataDir: string, access: StoreAccess): Store {
  const file = storeFile(dataDir)
  const store = new Store(file, openRoot(file, access))
  try {
    store.checkFormat()
    return store
  } catch (error) {
    void store.close()
    throw error
  }
}

function openRoot(file: string, access: StoreAccess): RootDatabase {
  // Of what was committed but not yet on disk when the power went, LMDB would take the newest for granted.
  const condition = inspectStoreFile(file)
  const safeRestore = condition === 'restorable'
  if (condition === 'lacking' && access === 'write') completeStoreFile(file)
  const options = { ...storeOptions, path: file, readOnly: access === 'read', safeRestore }
  try {
    return open(options)
  } catch (cause) {
    throw damaged(file, (cause as Error).message, cause)
  }
}

export class Store {
  readonly file: string
  readonly #root: RootDatabase
  /** Set when the disk failed: what LMDB shows may not be what is on it. */
  #failure: IsoletteError | null = null

  constructor(file: string, root: RootDatabase) {
    this.file = file
    this.#root = root
  }

  /**
   * A table, made if it is missing and the store is open for writing. `complete` makes what is read of what was stored.
   *
   * @throws IsoletteError `data_damaged`
   */
  openTable<V, K extends Key = string>(
    name: string,
    kind: ValueKind,
    complete: (stored: V) => V = asStored,
  ): Table<V, K> {
    const database = this.#openDatabase<V, K>({ name })
    if (database === null) throw damaged(this.file, `it has no table ${name}`)
    return new Table(database, { name, kind, file: this.file, complete })
  }

  /** @throws IsoletteError `data_format`, `data_damaged` */
  checkFormat(): void {
    // Nothing is made in a file that may be someone else's, or a later release's.
    const found = this.#openDatabase<unknown, string>({ name: 'meta', create: false })?.get('format')
    if (typeof found !== 'number') throw damaged(this.file, 'it is not a store of isolette')
    if (found > storeFormat) {
      throw new IsoletteError(
        'data_format',
        `Cannot read the store ${this.file}: format ${found}, must be at most ${storeFormat}: use the release that wrote it, or a later one`,
        { details: { file: this.file, found, supported: storeFormat } },
      )
    }
  }

  /**
   * Runs `work` in one transaction, in which it reads its own writes; resolves with its result when that is on disk. If
   * `work` throws, or the disk takes no more, nothing has changed. Several at once run one after the other.
   *
   * @throws IsoletteError `storage_full`, `unavailable` after the disk failed
   */
  async change<T>(work: () => T): Promise<T> {
    if (this.#failure !== null) throw this.#unavailable(this.#failure)
    try {
      // It settles after fdatasync (seen in a trace of system calls), although `overlappingSync` promises that only for
      // `flushed`. That is not awaited: it never settles if a later commit fails.
      return await this.#root.childTransaction(work)
    } catch (error) {
      throw await this.#failed(error)
    }
  }

  /** Lets reads see what other processes have committed; without it they see what was there when this turn began. */
  refresh(): void {
    this.#root.resetReadTxn()
  }

  /** Forgets readers of processes that died, and returns how many; what they read is not reused before, so the file grows. */
  releaseDeadReaders(): number {
    return this.#root.readerCheck()
  }

  async close(): Promise<void> {
    await this.#root.close()
  }

  #openDatabase<V, K extends Key>(options: { name: string; create?: boolean }): Database<V, K> | null {
    try {
      const database: Database<V, K> | undefined = this.#root.openDB<V, K>(options)
      return database ?? null
    } catch (cause) {
      throw damaged(this.file, (cause as Error).message, cause)
    }
  }

  async #failed(error: unknown): Promise<IsoletteError> {
    const { commitError } = error as { commitError?: Promise<never> }
    // LMDB's own error stands behind a promise of the error it throws.
    const cause = commitError === undefined ? error : await commitError.catch((reason: unknown) => reason)
    const failure = storageFailure('change the registry', dirname(this.file), cause)
    if (commitError !== undefined && failure.code !== 'storage_full') this.#failure = failure
    return failure
  }

  #unavailable(cause: IsoletteError): IsoletteError {
    return new IsoletteError(
      'unavailable',
      `Cannot change the registry: the disk of ${dirname(this.file)} has failed before; restart once it is sound`,
      { cause },
    )
  }
}

function asStored<V>(value: V): V {
  return value
}
