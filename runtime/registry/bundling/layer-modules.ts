import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve as resolvePath } from 'node:path'
import type { OnLoadArgs, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild'
import { fixedLimits } from '../../model/limits.ts'
import { Asked } from '../builder/asked.ts'
import { ownNamespace } from './guest-module.ts'
import { isLayerPath, type LayerFolder } from './layer-folder.ts'
import { layerFilesModule } from './layer-stubs.ts'
import { isOptionalImport } from './optional-import.ts'

/** For each byte the bundler may take 70 of memory, with what a layer's maker can think of. */
const maxLoadedBytes = 2 * fixedLimits.maxLayerScriptBytes

/** Files that the bundler compiles; it takes others as they are, or not at all. */
const compiled = /(\.[cm]?[jt]sx?|(^|\/)[^./]*)$/

/**
 * The last such comment of a file holds, and this one's map is empty. Others may name any file of the machine, as a map or
 * as a source of one, and the bundler would read it: also one that has no end.
 */
const noSourceMap = '\n//# sourceMappingURL=data:application/json,{}'

/** Keeps what modules of layers import within the layers: no file of the machine around them is ever found, or read. */
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
      let loadedBytes = 0
      // Also what a package's own description names, or a pattern (`require('./' + name)`), which no plugin resolves.
      onLoad({ filter: /^/, namespace: 'file' }, async (args) => {
        if (layers.pathOf(args.path) === null) return refusal('Cannot import a file outside of the layers')
        const { size } = await stat(args.path)
        loadedBytes += size
        if (loadedBytes > maxLoadedBytes)
          return refusal(
            `Cannot import over ${maxLoadedBytes} bytes of files of layers: must be at most as many`,
          )
        return await load(args)
      })
    },
  }
}

async function load({ path, with: attributes }: OnLoadArgs): Promise<OnLoadResult | undefined> {
  if (!compiled.test(path) || Object.keys(attributes).length > 0) return undefined
  return { contents: Buffer.concat([await readFile(path), Buffer.from(noSourceMap)]), loader: 'default' }
}

function refusal(text: string): OnLoadResult {
  return { errors: [{ text }] }
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
