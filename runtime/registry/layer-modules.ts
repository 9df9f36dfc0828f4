import { dirname, resolve as resolvePath } from 'node:path'
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild'
import { Asked } from './asked.ts'
import { ownNamespace } from './guest-module.ts'
import { isLayerPath, type LayerFolder } from './layer-folder.ts'
import { layerFilesModule } from './layer-stubs.ts'
import { isOptionalImport } from './optional-import.ts'

/** Keeps what modules of layers import within the layers: no file of the machine around them is ever found. */
export function layerModules(layers: LayerFolder): Plugin {
  const own = Symbol('layer modules')
  return {
    name: 'modules of layers',
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /^isolette:layers$/ }, () => ({ path: 'layers', namespace: ownNamespace }))
      onLoad({ filter: /^layers$/, namespace: ownNamespace }, () => ({ contents: layerFilesModule }))
      onResolve({ filter: /(^|\/)\.\.(\/|$)/ }, (args) => {
        const { path: specifier, importer, pluginData } = args
        if (!isFromLayer(args) || Asked.isBy(own, pluginData) || !specifier.startsWith('.')) return undefined
        const isInside = layers.pathOf(resolvePath(dirname(importer), specifier)) !== null
        return isInside ? undefined : refuse(layers, args, 'leads out of the layers')
      })
      onResolve({ filter: /^[^.]/ }, async (args) => {
        if (!isFromLayer(args) || Asked.isBy(own, args.pluginData)) return undefined
        return await resolveFrom(layers, args, { resolve, asked: Asked.by(own, args.pluginData) })
      })
    },
  }
}

function isFromLayer({ path, namespace, kind }: OnResolveArgs): boolean {
  return namespace === 'file' && kind !== 'entry-point' && !path.startsWith(`${ownNamespace}:`)
}

async function resolveFrom(
  layers: LayerFolder,
  args: OnResolveArgs,
  ask: { readonly resolve: PluginBuild['resolve']; readonly asked: Asked },
): Promise<OnResolveResult | undefined> {
  const { path: specifier, kind, importer, namespace, resolveDir } = args
  const isAbsolute = specifier.startsWith('/')
  let isElsewhere = isAbsolute
  if (!isAbsolute) {
    const options = { kind, importer, namespace, resolveDir, pluginData: ask.asked }
    const near = await ask.resolve(specifier, options)
    isElsewhere =
      near.errors.length === 0 &&
      !near.external &&
      near.namespace === 'file' &&
      layers.pathOf(near.path) === null
    if (near.errors.length === 0 && !isElsewhere) return undefined
  }
  if (!isAbsolute || isLayerPath(specifier)) {
    const found = await layers.resolve(specifier, { kind, ...ask })
    if (found.path !== null) return { ...found, path: layers.fileOf(found.path) }
    if (found.refusal !== null) return { errors: [{ text: found.refusal }] }
    if (isElsewhere) return await refuse(layers, args, found.reason)
  }
  // The bundler finds nothing either, and says so with its reasons.
  return isElsewhere ? await refuse(layers, args, null) : undefined
}

/** As the bundler does with what it cannot find. */
async function refuse(
  layers: LayerFolder,
  { path: specifier, importer }: OnResolveArgs,
  reason: string | null,
): Promise<OnResolveResult> {
  if (await isOptionalImport(importer, specifier)) return { path: specifier, external: true }
  const isPackage = !/^[./]/.test(specifier)
  const places = layers.placesFrom(layers.pathOf(importer)!).join(', ')
  const found = reason === null ? '' : ` (${reason})`
  const why = isPackage ? `searched ${places}${found}` : (reason ?? 'no such file in the layers')
  return { errors: [{ text: `Cannot resolve "${specifier}": ${why}` }] }
}
