import type { LayerFiles } from '../../isolate/layers/layer-files.ts'
import { mergeLayers } from '../../model/merged-layers.ts'
import { LayerFolder } from '../bundling/layer-folder.ts'
import { LayerTrees } from '../layers/layer-trees.ts'
import { materializeLayers } from '../layers/materialize-layers.ts'
import { readLayerIndex } from '../layers/read-layer-index.ts'
import type { GivenLayers } from './layer-lookup.ts'

/** A function's layers, while it is built. To be disposed. */
export interface LayersOfBuild extends Disposable {
  /** For the bundler. */
  readonly folder: LayerFolder
  /** For the function's own code. */
  readonly files: LayerFiles
}

/** @throws IsoletteError `data_damaged`, `bad_layer` if together they are too large, `storage_full` */
export async function openLayers(given: GivenLayers): Promise<LayersOfBuild> {
  const { layers, artifacts } = given
  const folder = await materializeLayers(layers, given)
  const merged = mergeLayers(
    layers.map(({ reference, index }) => ({ reference, index: readLayerIndex(artifacts, index) })),
  )
  const trees = new LayerTrees(artifacts)
  const files = trees.filesOf({
    indexes: layers.map(({ index }) => index),
    packs: layers.map(({ pack }) => pack),
  })
  return { folder: new LayerFolder(folder, merged), files, [Symbol.dispose]: () => trees.close() }
}
