import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { open } from 'lmdb'
import { storageFailure } from '../../storage/storage-failure.ts'
import { syncFolder } from '../../storage/sync-folder.ts'
import { storeFile, storeFormat, storeOptions } from './store.ts'

/**
 * Makes the store of a data directory if it has none: beside its place, renamed when it is complete and on disk. So an
 * empty or half-made store is never a beginning, always damage.
 *
 * @throws IsoletteError `storage_full`
 */
export async function createStore(dataDir: string): Promise<void> {
  const file = storeFile(dataDir)
  if (existsSync(file)) return
  const temporary = `${file}.new`
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    removeStore(temporary)
    const root = open({ ...storeOptions, path: temporary })
    await root.openDB<number, string>({ name: 'meta' }).put('format', storeFormat)
    await root.close()
    // Values of env stand in it.
    chmodSync(temporary, 0o600)
    renameSync(temporary, file)
    removeStore(temporary)
    syncFolder(dataDir)
  } catch (cause) {
    throw storageFailure('make the store', dataDir, cause)
  }
}

function removeStore(file: string): void {
  rmSync(file, { force: true })
  rmSync(`${file}-lock`, { force: true })
}
