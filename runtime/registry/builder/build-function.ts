import { bundleFunction } from '../bundling/bundle.ts'
import { locateFunction } from '../source/function-folder.ts'
import type { Build, BuildRequest, BuiltLayerSet } from './build.ts'
import { type Candidate, checkBundle } from './check-bundle.ts'
import { checkPreload } from './check-preload.ts'
import type { BundleEvaluator } from './evaluate-bundle.ts'
import type { GivenLayers } from './layer-lookup.ts'
import { openLayers } from './layers-of-build.ts'

export interface BuildOptions {
  readonly evaluator: BundleEvaluator
  /** Asked only by functions that list layers. @throws IsoletteError `layer_not_found` */
  readonly findLayers: (references: readonly string[]) => Promise<GivenLayers>
  /** Told the main module, or the layers, right before code of theirs runs that never ran before. */
  readonly onEvaluating: (who: string) => Promise<void>
}

/**
 * Builds a function from disk: configuration, layers, bundle, check.
 *
 * @throws IsoletteError `bad_request`, `bad_configuration`, `bad_name`, `layer_not_found`, `bad_layer`, `build_failed`
 */
export async function buildFunction(request: BuildRequest, options: BuildOptions): Promise<Build> {
  const { name, source, config } = locateFunction(request)
  const { settings, routes, limits, unsafe, env, bindings } = config
  const given = config.layers.length === 0 ? null : await options.findLayers(config.layers)
  using layers = given === null ? null : await openLayers(given)
  const bundle = await bundleFunction(source, unsafe, layers?.folder ?? null)
  const candidate: Candidate = { name, main: source.main, bundle, limits, unsafe, env, layers }

  if (layers !== null) await options.onEvaluating(`layers ${config.layers.join(', ')}`)
  const preload = checkPreload(candidate, options.evaluator.evaluatePreload)
  await options.onEvaluating(source.main)
  const { handlerKind, warnings } = checkBundle(candidate, options.evaluator.evaluate)
  return {
    name,
    settings,
    routes,
    limits,
    unsafe,
    env,
    bindings,
    layers: config.layers,
    layerSet: given === null ? null : layerSetOf(given, candidate, preload.isPreloaded),
    handlerKind,
    bundle: Buffer.from(bundle.code),
    sourceMap: Buffer.from(bundle.sourceMap),
    warnings: [...bundle.warnings, ...preload.warnings, ...warnings],
  }
}

function layerSetOf({ layers }: GivenLayers, { bundle }: Candidate, isPreloaded: boolean): BuiltLayerSet {
  const script = bundle.layerScript
  return {
    indexes: layers.map(({ index }) => index),
    packs: layers.map(({ pack }) => pack),
    script: script === null ? null : Buffer.from(script.code),
    sourceMap: script === null ? null : Buffer.from(script.sourceMap),
    isPreloaded,
    ...(bundle.readsLayerFiles ? { readsFiles: true } : {}),
  }
}
