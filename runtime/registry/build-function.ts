import type { Build, BuildRequest } from './build.ts'
import { bundleFunction } from './bundle.ts'
import { checkBundle, type EvaluateBundle } from './check-bundle.ts'
import { locateFunction } from './function-folder.ts'

/**
 * Builds a function from disk: configuration, bundle, check.
 *
 * @param options.onEvaluating is told the main module right before the function's own code runs for the first time
 * @throws IsoletteError `bad_request`, `bad_configuration`, `bad_name`, `build_failed`
 */
export async function buildFunction(
  request: BuildRequest,
  options: { readonly evaluate: EvaluateBundle; readonly onEvaluating: (main: string) => Promise<void> },
): Promise<Build> {
  const { name, source, config } = locateFunction(request)
  const { settings, routes, limits, unsafe, env, layers } = config
  const bundle = await bundleFunction(source, unsafe)
  await options.onEvaluating(source.main)
  const handlerKind = checkBundle({ name, main: source.main, bundle, limits, unsafe, env }, options.evaluate)
  return {
    name,
    settings,
    routes,
    limits,
    unsafe,
    env,
    layers,
    layerSet: null,
    handlerKind,
    bundle: Buffer.from(bundle.code),
    sourceMap: Buffer.from(bundle.sourceMap),
    warnings: bundle.warnings,
  }
}
