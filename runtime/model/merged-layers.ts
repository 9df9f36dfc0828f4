import type { LayerFile, LayerIndex } from './layer.ts'

/** A layer among those that are merged. */
export interface LayerContent {
  /** `lodash:1` */
  readonly reference: string
  readonly index: LayerIndex
}

export interface MergedFile {
  readonly file: LayerFile
  /** Which of the merged layers it is from, counted from 0. */
  readonly layer: number
}

type Folder = Map<string, Folder | MergedFile>

/**
 * The files of several layers as one tree, as if each had been unpacked over the one before: a later file replaces an
 * earlier one of its path. A file also replaces a folder of its name with all that is in it, and the other way round.
 */
export class MergedLayers {
  readonly layers: readonly LayerContent[]
  readonly #root: Folder

  /** For `mergeLayers`. */
  constructor(layers: readonly LayerContent[], root: Folder) {
    this.layers = layers
    this.#root = root
  }

  /** @param path relative to `/opt`, as in `LayerFile.path`; any other text finds nothing */
  find(path: string): MergedFile | undefined {
    const found = this.#at(path)
    return found instanceof Map ? undefined : found
  }

  /**
   * The names in a folder in order (by UTF-16 unit), those of folders with a slash at their end; null if there is no such
   * folder.
   *
   * @param folder relative to `/opt`, without a slash at its end; '' is `/opt` itself
   */
  list(folder: string): readonly string[] | null {
    const found = folder === '' ? this.#root : this.#at(folder)
    if (!(found instanceof Map)) return null
    return [...found].map(([name, entry]) => (entry instanceof Map ? `${name}/` : name)).sort()
  }

  /** All files, in order of their paths (by UTF-16 unit). */
  files(): readonly MergedFile[] {
    const files: MergedFile[] = []
    const folders = [this.#root]
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of folder.values()) {
        if (entry instanceof Map) folders.push(entry)
        else files.push(entry)
      }
    }
    return files.sort((a, b) => (a.file.path < b.file.path ? -1 : 1))
  }

  #at(path: string): Folder | MergedFile | undefined {
    let at: Folder | MergedFile | undefined = this.#root
    for (const name of path.split('/')) {
      if (!(at instanceof Map)) return undefined
      at = at.get(name)
    }
    return at
  }
}

export function mergeLayers(layers: readonly LayerContent[]): MergedLayers {
  const root: Folder = new Map()
  layers.forEach(({ index }, layer) => {
    for (const file of index.files) place(root, { file, layer })
  })
  return new MergedLayers(layers, root)
}

function place(root: Folder, merged: MergedFile): void {
  const names = merged.file.path.split('/')
  const last = names.pop()!
  let folder = root
  for (const name of names) {
    const there = folder.get(name)
    if (there instanceof Map) {
      folder = there
    } else {
      const made: Folder = new Map()
      folder.set(name, made)
      folder = made
    }
  }
  folder.set(last, merged)
}
