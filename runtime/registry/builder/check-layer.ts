import { limitBounds } from '../../model/limits.ts'
import { bundleLayerScript } from '../bundling/layer-script-bundle.ts'
import { checkPreload, type EvaluatePreload } from './check-preload.ts'
import type { GivenLayers } from './layer-lookup.ts'
import { openLayers } from './layers-of-build.ts'

export interface LayerCheckOptions {
  readonly evaluatePreload: EvaluatePreload
  /** Told right before code of the layer runs that never ran before. */
  readonly onEvaluating: () => Promise<void>
}

/**
 * Evaluates what a layer says is to be preloaded as waiting isolates do, without any other layer and within the usual
 * memory.
 *
 * @returns what its maker is to know; empty if all is well
 * @throws IsoletteError `build_failed` if it cannot be bundled; `data_damaged`, `bad_layer`, `storage_full`
 */
export async function checkLayer(
  given: GivenLayers,
  { evaluatePreload, onEvaluating }: LayerCheckOptions,
): Promise<readonly string[]> {
  using layers = await openLayers(given)
  const unsafe = { wasm: false }
  const nothing = { all: [], atStart: [] }
  const bundled = await bundleLayerScript(layers.folder, nothing, { unsafe, isLowered: false })
  const hints = bundled.missing.map((warning) => `${warning}; another layer of a function may have it`)
  await onEvaluating()
  const limits = { memoryMiB: limitBounds.memoryMiB.default }
  const bundle = { layerScript: bundled.script, sourceMap: '' }
  const preload = checkPreload({ bundle, limits, unsafe, layers }, evaluatePreload)
  return [...hints, ...bundled.warnings, ...preload.warnings]
}
