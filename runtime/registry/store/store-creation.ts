import { open } from 'lmdb'
import { createStoreFile } from '../../storage/store-file-creation.ts'
import { storeFile, storeFormat, storeOptions } from './store.ts'

/** Makes the store of a data directory if it has none. @throws IsoletteError `storage_full`, `data_damaged` */
export function createStore(dataDir: string): Promise<void> {
  return createStoreFile(storeFile(dataDir), 'the store', async (temporary) => {
    const root = open({ ...storeOptions, path: temporary })
    await root.openDB<number, string>({ name: 'meta' }).put('format', storeFormat)
    await root.close()
  })
}
