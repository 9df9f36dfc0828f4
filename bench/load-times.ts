import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { readBootstrap } from '../runtime/isolate/bootstrap.ts'
import { CompiledBootstrap } from '../runtime/isolate/compiled-bootstrap.ts'
import { Guardian } from '../runtime/isolate/guardian.ts'
import { BatchSize } from '../runtime/isolate/instance/batch-size.ts'
import { loadInstance } from '../runtime/isolate/instance/load-instance.ts'
import { loneContext } from '../runtime/isolate/instance/lone-context.ts'
import { LayerCodeCache } from '../runtime/isolate/layers/layer-code-cache.ts'
import { preloadLayers } from '../runtime/isolate/layers/preload-layers.ts'
import { PreparedIsolate } from '../runtime/isolate/prepared-isolate.ts'
import { BundleCache } from '../runtime/registry/bundle-cache.ts'
import { openRegistryView } from '../runtime/registry/registry-view.ts'
import { readArtifact } from '../runtime/registry/store/artifact-store.ts'
import { VersionLayers } from '../runtime/registry/version-layers.ts'

/** Milliseconds of each load, by kind. */
export type LoadTimes<Kind extends string> = Readonly<Record<Kind, readonly number[]>>

/**
 * Loads deployed functions into waiting isolates of this process, `count` times one of each kind in an order that
 * alternates, and times that alone: not the making of the isolate, nor what it preloads.
 *
 * @param named a function of each kind, by its name
 */
export async function timeLoads<Kind extends string>(
  dataDir: string,
  named: Readonly<Record<Kind, readonly string[]>>,
  count: number,
): Promise<LoadTimes<Kind>> {
  const artifacts = join(dataDir, 'artifacts')
  const view = openRegistryView(dataDir)
  const bundles = new BundleCache((digest) => readArtifact(artifacts, digest))
  const layers = new VersionLayers({
    artifacts,
    codeCache: new LayerCodeCache(join(dataDir, 'cache', 'code')),
    onPreloaded: () => {},
  })
  const bootstrap = new CompiledBootstrap(await readBootstrap(join(dataDir, 'cache')))
  const guardian = new Guardian()
  const kinds = Object.keys(named) as Kind[]
  const times = Object.fromEntries(kinds.map((kind): [Kind, number[]] => [kind, []])) as Record<
    Kind,
    number[]
  >

  const timeOnce = (kind: Kind): number => {
    const manifest = view.getManifest(view.getFunction(named[kind][0]!)!.latest)
    const access = layers.of(manifest)
    const prepared = new PreparedIsolate(bootstrap, guardian, manifest.limits.memoryMiB)
    if (access?.isPreloaded && access.script !== null) preloadLayers(prepared, access.script, loneContext)
    const script = bundles.read(manifest)
    const beganMs = performance.now()
    const loaded = loadInstance(
      prepared,
      { manifest, functionName: kind, version: '1', script, layers: access },
      {
        batchSize: new BatchSize(),
        context: loneContext,
        target: () => {
          throw new Error('Cannot name the target: no hook runs here')
        },
      },
    )
    const tookMs = performance.now() - beganMs
    if ('kind' in loaded) throw new Error(`Cannot load ${kind}: ${loaded.kind}`)
    loaded.dispose()
    return tookMs
  }

  for (let index = 0; index < count; index++) {
    for (const kind of index % 2 === 0 ? kinds : kinds.toReversed()) times[kind].push(timeOnce(kind))
  }
  guardian.stop()
  layers.close()
  await view.close()
  return times
}
