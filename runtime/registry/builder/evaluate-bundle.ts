import { readBootstrap } from '../../isolate/bootstrap.ts'
import { CompiledBootstrap } from '../../isolate/compiled-bootstrap.ts'
import { Guardian } from '../../isolate/guardian.ts'
import { BatchSize } from '../../isolate/instance/batch-size.ts'
import { Instance } from '../../isolate/instance/instance.ts'
import { evaluateModule } from '../../isolate/instance/load-instance.ts'
import { loneContext } from '../../isolate/instance/lone-context.ts'
import { CompiledLayerScript, type LayerAccess } from '../../isolate/layers/layer-script.ts'
import { preloadLayers } from '../../isolate/layers/preload-layers.ts'
import { PreparedIsolate } from '../../isolate/prepared-isolate.ts'
import type { VersionManifest } from '../../model/version.ts'
import type { EvaluateBundle } from './check-bundle.ts'
import type { EvaluatePreload, PreloadCandidate } from './check-preload.ts'

/** Evaluates what is built as workers do, each in an isolate of its own, on the caller's thread. */
export interface BundleEvaluator {
  readonly evaluate: EvaluateBundle
  readonly evaluatePreload: EvaluatePreload
}

/**
 * A guardian ends what overstays. Some guests end the process, or go on in spite of it: only for processes that can be
 * killed.
 */
export async function createBundleEvaluator(): Promise<BundleEvaluator> {
  const bootstrap = new CompiledBootstrap(await readBootstrap(null))
  const guardian = new Guardian()
  return {
    evaluate(candidate) {
      const { name, bundle, limits, unsafe, env } = candidate
      const prepared = new PreparedIsolate(bootstrap, guardian, limits.memoryMiB)
      const manifest: VersionManifest = { ...unpublished, limits, unsafe, env }
      const layers = layersOf(candidate)
      const layerFiles = layers?.files ?? null
      // It answers what the module asks of its host while it evaluates: timers, logs, random bytes.
      const instance = new Instance(prepared, {
        manifest,
        layerFiles,
        batchSize: new BatchSize(),
        context: loneContext,
      })
      try {
        const request = {
          manifest,
          functionName: name,
          version: '$LATEST',
          script: { source: bundle.code, codeCache: null },
          layers,
        }
        return evaluateModule(prepared, request, loneContext.userAgent)
      } finally {
        instance.dispose()
      }
    },
    evaluatePreload(candidate) {
      const script = layersOf(candidate)?.script ?? null
      if (script === null) return null
      const prepared = new PreparedIsolate(bootstrap, guardian, candidate.limits.memoryMiB)
      try {
        return preloadLayers(prepared, script, loneContext)
      } finally {
        prepared.dispose()
      }
    },
  }
}

/** All is evaluated with the function: waiting isolates may have nothing preloaded. */
function layersOf({ bundle: { layerScript }, layers }: PreloadCandidate): LayerAccess | null {
  if (layers === null) return null
  const { files } = layers
  if (layerScript === null) return { script: null, isPreloaded: false, files }
  const script = new CompiledLayerScript({
    key: '',
    digest: '',
    source: layerScript.code,
    codeCache: null,
    files,
    onFirstPreload: () => {},
  })
  return { script, isPreloaded: false, files }
}

const unpublished = {
  versionId: '',
  bundle: '',
  bundleBytes: 0,
  sourceMap: '',
  handlerKind: 'fetch',
  layers: [],
} as const
