import { LRUCache } from 'lru-cache'
import type { LayerFiles } from '../../isolate/layers/layer-files.ts'
import { type MergedLayers, mergeLayers } from '../../model/merged-layers.ts'
import type { Digest, LayerSet } from '../../model/version.ts'
import { type LayerPack, openLayerPack } from './layer-pack.ts'
import { readLayerIndex } from './read-layer-index.ts'

/** In all trees that are kept: some 300 bytes each. */
const maxFiles = 300_000
/** Each holds a file descriptor. */
const maxPacks = 64

/** The merged files of layers, read when somebody first asks: most functions only import modules. */
export class LayerTrees {
  readonly #artifacts: string
  readonly #trees = new LRUCache<string, MergedLayers>({
    maxSize: maxFiles,
    sizeCalculation: ({ layers }) => layers.reduce((files, { index }) => files + index.files.length, 1),
  })
  readonly #packs = new LRUCache<Digest, LayerPack>({
    max: maxPacks,
    dispose: (pack) => pack[Symbol.dispose](),
  })

  /** @param artifacts the folder of the artifacts */
  constructor(artifacts: string) {
    this.#artifacts = artifacts
  }

  /** All methods throw `data_damaged` if index or pack are not what they were. */
  filesOf({ indexes, packs }: Pick<LayerSet, 'indexes' | 'packs'>): LayerFiles {
    return {
      list: (folder) => this.#tree(indexes).list(folder),
      bytesOf: (path) => this.#tree(indexes).find(path)?.file.bytes ?? null,
      read: (path) => {
        const found = this.#tree(indexes).find(path)
        if (found === undefined) throw new Error(`Cannot read ${JSON.stringify(path)}: no layer has it`)
        return this.#pack(packs[found.layer]!).read(found.file)
      },
    }
  }

  /** Reads what `filesOf` needs first, if it is not there: some microseconds for each file of the layers. */
  load(indexes: readonly Digest[]): void {
    this.#tree(indexes)
  }

  close(): void {
    this.#packs.clear()
  }

  #tree(indexes: readonly Digest[]): MergedLayers {
    const key = indexes.join(',')
    let tree = this.#trees.get(key)
    if (tree === undefined) {
      const read = (digest: Digest) => readLayerIndex(this.#artifacts, digest)
      tree = mergeLayers(indexes.map((digest) => ({ reference: digest, index: read(digest) })))
      this.#trees.set(key, tree)
    }
    return tree
  }

  #pack(digest: Digest): LayerPack {
    let pack = this.#packs.get(digest)
    if (pack === undefined) {
      pack = openLayerPack(this.#artifacts, digest)
      this.#packs.set(digest, pack)
    }
    return pack
  }
}
