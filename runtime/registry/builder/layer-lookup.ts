import type { ResolvedLayer } from '../../model/layer.ts'
import type { LayerFolders } from '../layers/materialize-layers.ts'

/** Where a builder finds the layers that functions list. */
export interface LayerLookup extends LayerFolders {
  /** What layers are, by content, in the same order. @throws IsoletteError `bad_name`, `layer_not_found` */
  resolve(references: readonly string[]): readonly ResolvedLayer[]
}

/** Layers by content, for a process that has no registry. */
export interface GivenLayers extends LayerFolders {
  readonly layers: readonly ResolvedLayer[]
}
