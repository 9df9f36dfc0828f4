import { type BuildResult, build, type Plugin } from 'esbuild'
import { fixedLimits } from '../../model/limits.ts'
import type { UnsafeFeatures } from '../../model/version.ts'
import { Asked } from '../builder/asked.ts'
import { buildFailed, formatProblem } from './build-problems.ts'
import { loweredAsync, moduleOptions, scriptOptions, supportedSyntax } from './bundle-options.ts'
import { type ProblemSource, problemsOf } from './bundle-problems.ts'
import { loadGuestModule, ownNamespace } from './guest-module.ts'
import { type FoundInLayers, isLayerPath, type LayerFolder, type NotInLayers } from './layer-folder.ts'
import type { ImportedFromLayers } from './layer-imports.ts'
import { layerModules } from './layer-modules.ts'
import { shapesOf } from './layer-shapes.ts'
import { layerFilesName, layerFilesPath, type ModuleShape, sharedAsyncHooks } from './layer-stubs.ts'
import { asyncHooks, asyncHooksName, asyncHooksPath, missingBuiltins } from './node-builtins.ts'
import { makePathsPortable } from './portable-paths.ts'
import { wasmModules } from './wasm-modules.ts'

/** The script of the modules that a function has of its layers, see `isolate/layer-script.ts`. */
export interface LayerScriptBundle {
  readonly code: string
  readonly sourceMap: string
  /** What each module gives to those that import it. */
  readonly shapes: ReadonlyMap<string, ModuleShape>
  /** Whether its async functions are lowered, and it has `node:async_hooks` for the function as well. */
  readonly isLowered: boolean
  /** Whether any of its modules imports `isolette:layers`. */
  readonly readsFiles: boolean
  /** The modules that waiting isolates evaluate. */
  readonly preload: readonly string[]
}

/**
 * Bundles modules of layers with all that they import. The same files give the same bytes wherever they lie: `/opt/…` is
 * what they are called.
 *
 * @param imported what the function imports; what its layers want to be preloaded is added
 * @param options.isLowered whether the function imports `node:async_hooks`
 * @returns `script` null if there is no module to bundle; `missing` says of what is to be preloaded that it is not there
 * @throws IsoletteError `build_failed` naming files as `/opt/…`
 */
export async function bundleLayerScript(
  layers: LayerFolder,
  imported: ImportedFromLayers,
  options: { readonly unsafe: UnsafeFeatures; readonly isLowered: boolean },
): Promise<{
  readonly script: LayerScriptBundle | null
  readonly missing: readonly string[]
  readonly warnings: readonly string[]
}> {
  const script = new LayerScript(layers, imported, options.unsafe)
  let isLowered = options.isLowered
  let result = await script.build(isLowered)
  if (!isLowered && asyncHooksPath in result.metafile.inputs) {
    isLowered = true
    result = await script.build(isLowered)
  }
  const { modules, missing } = script
  const warnings = problemsOf(result.warnings, script.problemSource).map(formatProblem)
  if (modules.length === 0) return { script: null, missing, warnings }
  const { code, sourceMap } = makePathsPortable(
    {
      code: result.outputFiles.find(({ path }) => path.endsWith('.js'))!.text,
      sourceMap: result.outputFiles.find(({ path }) => path.endsWith('.map'))!.text,
    },
    Object.keys(result.metafile.inputs),
    '/opt/',
  )
  const bytes = Buffer.byteLength(code)
  if (bytes > fixedLimits.maxLayerScriptBytes) {
    const limit = fixedLimits.maxLayerScriptBytes
    const message = `Cannot use ${bytes} bytes of modules of layers: must be at most ${limit}`
    throw buildFailed([{ file: '/opt', line: null, column: null, message }])
  }
  const readsFiles = layerFilesPath in result.metafile.inputs
  const shapes = await script.shapes(result)
  const { preload } = script
  return { script: { code, sourceMap, shapes, isLowered, readsFiles, preload }, missing, warnings }
}

type Output = { readonly metafile: true; readonly write: false }

const entry = 'layer-script'

class LayerScript {
  readonly problemSource: ProblemSource
  modules: readonly string[] = []
  preload: readonly string[] = []
  missing: string[] = []
  readonly #layers: LayerFolder
  readonly #imported: ImportedFromLayers
  readonly #plugins: Plugin[]

  constructor(layers: LayerFolder, imported: ImportedFromLayers, unsafe: UnsafeFeatures) {
    this.#layers = layers
    this.#imported = imported
    this.#plugins = [asyncHooks, missingBuiltins, layerModules(layers), wasmModules(unsafe.wasm)]
    this.problemSource = {
      folder: layers.folder,
      main: '/opt',
      root: '/opt/',
      placesFrom: (file) => layers.placesFrom(`/opt/${file}`),
      reasonFor: () => null,
    }
  }

  build(isLowered: boolean): Promise<BuildResult<Output>> {
    return this.#blamed(
      build({
        ...scriptOptions,
        ...this.#options(isLowered),
        write: false,
        metafile: true,
        entryPoints: [`${ownNamespace}:${entry}`],
        globalName: '__layers',
        // Modules are strict, but a script is not; and nothing must become a global of the guest.
        banner: { js: `((${layerFilesName}) => { "use strict";` },
        footer: { js: 'return __layers; })' },
        plugins: [this.#entry(isLowered), ...this.#plugins],
      }),
    )
  }

  shapes({ metafile }: BuildResult<Output>): Promise<Map<string, ModuleShape>> {
    const formatOf = new Map(
      Object.entries(metafile.inputs).map(([name, { format }]) => [name.replace(/\?module$/, ''), format]),
    )
    const modules = this.modules.map((path) => ({
      path,
      specifier: specifierOf(path),
      format: formatOf.get(path === sharedAsyncHooks ? asyncHooksPath : path.slice('/opt/'.length)),
    }))
    return this.#blamed(
      shapesOf(modules, { ...moduleOptions, ...this.#options(false), plugins: this.#plugins }),
    )
  }

  #options(isLowered: boolean) {
    return {
      absWorkingDir: this.#layers.folder,
      // What was made for the layer's own build is none of ours.
      tsconfigRaw: {},
      supported: isLowered ? loweredAsync : supportedSyntax,
    }
  }

  async #blamed<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      const { errors } = error as Partial<BuildResult>
      if (errors === undefined || errors.length === 0) throw error
      throw buildFailed(problemsOf(errors, this.problemSource))
    }
  }

  #entry(isLowered: boolean): Plugin {
    return {
      name: 'layer script',
      setup: ({ onResolve, onLoad, resolve }) => {
        onResolve({ filter: /^isolette:layer-(script|modules)$/ }, ({ path }) => ({
          path: path.slice(`${ownNamespace}:`.length),
          namespace: ownNamespace,
        }))
        onLoad({ filter: /^layer-modules$/, namespace: ownNamespace }, () => loadGuestModule('layer-modules'))
        onLoad({ filter: /^layer-script$/, namespace: ownNamespace }, async () => {
          const asked = Asked.by(Symbol('layer script'), null)
          const find = (specifier: string) =>
            this.#layers.resolve(specifier, { kind: 'import-statement', resolve, asked })
          await this.#plan(find)
          if (isLowered) {
            this.modules = [sharedAsyncHooks, ...this.modules]
            this.preload = [sharedAsyncHooks, ...this.preload]
          }
          return { contents: this.#contents(), resolveDir: this.#layers.folder }
        })
      },
    }
  }

  /** What belongs to the script, and which of it is preloaded: what the function imports, unless its layer says what. */
  async #plan(find: (specifier: string) => Promise<FoundInLayers | NotInLayers>): Promise<void> {
    const { layers } = this.#layers.merged
    const speaking = layers.filter(({ index }) => index.preload !== null)
    const wanted: string[] = []
    this.missing = []
    for (const { reference, index } of speaking) {
      for (const specifier of index.preload ?? []) {
        const found = await find(specifier)
        if (found.path !== null) wanted.push(found.path)
        else
          this.missing.push(
            `Cannot preload ${JSON.stringify(specifier)} of layer ${reference}: ${why(found)}`,
          )
      }
    }
    const silent = this.#imported.atStart.filter((path) => {
      const layer = this.#layers.layerOf(path)
      return !speaking.some(({ reference }) => reference === layer)
    })
    this.preload = [...new Set([...silent, ...wanted])]
    this.modules = [...new Set([...this.#imported.all, ...wanted])]
  }

  #contents(): string {
    const modules = this.modules.map((path) => {
      const specifier = JSON.stringify(specifierOf(path))
      return `${JSON.stringify(path)}: () => require(${specifier}),`
    })
    const preload = this.preload.length === 0 ? [] : [...this.preload, 'isolette:namespaces']
    return [
      `import { requireFrom } from 'isolette:layer-modules'`,
      `export const preload = ${JSON.stringify(preload)}`,
      `const find = requireFrom({\n${modules.join('\n')}\n})`,
      'export { find as require }',
    ].join('\n')
  }
}

function specifierOf(path: string): string {
  return isLayerPath(path) ? `.${path.slice('/opt'.length)}` : asyncHooksName
}

function why({ reason, refusal }: NotInLayers): string {
  return refusal ?? reason ?? 'not there, must be a module of the layers'
}
