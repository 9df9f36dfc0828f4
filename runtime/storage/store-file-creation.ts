import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { storageFailure } from './storage-failure.ts'
import { damaged } from './store-file.ts'
import { syncFolder } from './sync-folder.ts'

/**
 * Makes an LMDB file, and the folder it lies in, if there is none: beside its place, renamed when it is complete and on disk.
 * So an empty or half-made file is never a beginning, always damage. Nobody else may read it: people's data stands in it.
 *
 * @param what it is, as in `Cannot make <what>: …`
 * @param fill makes the file of that name, closed when it resolves
 * @throws IsoletteError `storage_full`; `data_damaged` if there was a file before
 */
export async function createStoreFile(
  file: string,
  what: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  if (existsSync(file)) return
  // LMDB leaves its lock where it is, so that there was a file, and is none.
  if (existsSync(`${file}-lock`)) throw damaged(file, 'it is gone, and only its lock is left')
  const folder = dirname(file)
  const temporary = `${file}.new`
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    removeStore(temporary)
    await fill(temporary)
    chmodSync(temporary, 0o600)
    renameSync(temporary, file)
    removeStore(temporary)
    syncFolder(folder)
  } catch (cause) {
    throw storageFailure(`make ${what}`, folder, cause)
  }
}

function removeStore(file: string): void {
  rmSync(file, { force: true })
  rmSync(`${file}-lock`, { force: true })
}
