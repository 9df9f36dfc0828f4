/**
 * The merged files of a version's layers, by path relative to `/opt`, without a slash at either end. Paths are only ever
 * looked up: they may be anything.
 */
export interface LayerFiles {
  /** Names in that folder, sorted, those of folders with a slash at their end; '' is the root. Null = there is no such folder. */
  list(folder: string): readonly string[] | null
  /** Null = there is no such file. */
  bytesOf(path: string): number | null
  /** The bytes, the caller's own. @throws IsoletteError `data_damaged` */
  read(path: string): Uint8Array
}
