import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, type BuildResult, build } from 'esbuild'
import { fixedLimits } from '../../model/limits.ts'
import type { UnsafeFeatures } from '../../model/version.ts'
import { buildFailed, formatProblem } from './build-problems.ts'
import { loweredAsync, scriptOptions, supportedSyntax } from './bundle-options.ts'
import { nodeModulesAbove, type ProblemSource, problemsOf } from './bundle-problems.ts'
import type { LayerFolder } from './layer-folder.ts'
import { importedFromLayers, LayerImports } from './layer-imports.ts'
import { bundleLayerScript, type LayerScriptBundle } from './layer-script-bundle.ts'
import {
  layerFilesName,
  layerFilesPath,
  type ModuleShape,
  requireLayerName,
  sharedAsyncHooks,
  shareNamespaces,
} from './layer-stubs.ts'
import { asyncHooks, asyncHooksPath, missingBuiltins } from './node-builtins.ts'
import { makePathsPortable } from './portable-paths.ts'
import { returnExports } from './returned-exports.ts'
import { wasmModules } from './wasm-modules.ts'

/** Where a function's code lies. */
export interface FunctionSource {
  /** Absolute, without symbolic links. */
  readonly folder: string
  /** Relative to the folder. */
  readonly main: string
  /** Whether the folder's `tsconfig.json`, if there is one, counts. Those of folders above never do. */
  readonly usesTsconfig: boolean
}

/** One script, and its source map (version 3, JSON). */
export interface Bundle {
  /** Its completion value is the exports of the main module; with layers, a function: see `isolate/layer-script.ts`. */
  readonly code: string
  readonly sourceMap: string
  /** What the function has of its layers; null = nothing that is evaluated. */
  readonly layerScript: LayerScriptBundle | null
  /** Whether it imports `isolette:layers`, or modules of its layers do. */
  readonly readsLayerFiles: boolean
  readonly warnings: readonly string[]
}

/**
 * Bundles a function with everything it imports, but for what it imports from its layers, which becomes a script of its
 * own. The same files give the same bytes wherever they lie.
 *
 * A function that imports `node:async_hooks`, or whose layers do, gets its async functions lowered onto promises, and
 * theirs, see `isolate/guest/modules/async-hooks.ts`.
 *
 * @throws IsoletteError `build_failed`
 */
export async function bundleFunction(
  source: FunctionSource,
  unsafe: UnsafeFeatures = { wasm: false },
  layers: LayerFolder | null = null,
): Promise<Bundle> {
  let attempt = new Attempt(source, { unsafe, layers, shapes: new Map(), isLowered: false, format: 'esm' })
  let result = await attempt.run()
  const importsAsyncHooks = asyncHooksPath in result.metafile.inputs
  const imported = importedFromLayers(result.metafile.inputs, source.main)
  const fromLayers =
    layers === null
      ? { script: null, missing: [], warnings: [] }
      : await bundleLayerScript(layers, imported, { unsafe, isLowered: importsAsyncHooks })
  const layerScript = fromLayers.script
  const isLowered = importsAsyncHooks || layerScript?.isLowered === true
  const shapes = layerScript?.shapes ?? new Map<string, ModuleShape>()
  if (isLowered || [...shapes.values()].some(({ kind }) => kind !== 'commonjs')) {
    attempt = new Attempt(source, { unsafe, layers, shapes, isLowered, format: 'esm' })
    result = await attempt.run()
  }

  let script = returnExports(textOf(result, '.js'))
  if (script === null) {
    attempt = new Attempt(source, { unsafe, layers, shapes, isLowered, format: 'iife' })
    result = await attempt.run()
    script = textOf(result, '.js')
  }
  const { code, sourceMap } = makePathsPortable(
    { code: script, sourceMap: textOf(result, '.js.map') },
    Object.keys(result.metafile.inputs),
  )
  const bytes = Buffer.byteLength(code)
  if (bytes > fixedLimits.maxBundleBytes) {
    const message = `Cannot use a bundle of ${bytes} bytes: must be at most ${fixedLimits.maxBundleBytes}`
    throw buildFailed([{ file: source.main, line: null, column: null, message }])
  }
  const warnings = problemsOf(result.warnings, attempt.problemSource).map(formatProblem)
  return {
    code: layerScript === null ? code : shareNamespaces(code),
    sourceMap,
    layerScript,
    readsLayerFiles: layerScript?.readsFiles === true || layerFilesPath in result.metafile.inputs,
    warnings: [...warnings, ...fromLayers.missing, ...fromLayers.warnings],
  }
}

function textOf(result: BuildResult<Output>, extension: string): string {
  return result.outputFiles.find(({ path }) => path.endsWith(extension))!.text
}

/** Kept in memory, with the list of inputs. */
type Output = { readonly metafile: true; readonly write: false }

interface AttemptOptions {
  readonly unsafe: UnsafeFeatures
  readonly layers: LayerFolder | null
  /** What is known of the layers' modules. */
  readonly shapes: ReadonlyMap<string, ModuleShape>
  readonly isLowered: boolean
  /** `esm` = the script still is a module but for its first and last line, see `returnExports`. */
  readonly format: 'esm' | 'iife'
}

/** One run of esbuild over a function. */
class Attempt {
  readonly problemSource: ProblemSource
  readonly #source: FunctionSource
  readonly #options: AttemptOptions
  readonly #imports: LayerImports

  constructor(source: FunctionSource, options: AttemptOptions) {
    const { folder, main } = source
    const { layers } = options
    this.#source = source
    this.#options = options
    this.#imports = new LayerImports(layers, options.shapes)
    this.problemSource = {
      folder,
      main,
      root: '',
      placesFrom: (file) => [...nodeModulesAbove(folder, file), ...(layers?.places ?? [])],
      reasonFor: (specifier) => this.#imports.reasonFor(specifier),
    }
  }

  async run(): Promise<BuildResult<Output>> {
    const { folder, main, usesTsconfig } = this.#source
    const { unsafe, layers, shapes, isLowered, format } = this.#options
    const tsconfig = join(folder, 'tsconfig.json')
    const complete: BuildOptions & Output = {
      ...scriptOptions,
      metafile: true,
      write: false,
      absWorkingDir: folder,
      entryPoints: [`./${main}`],
      format,
      ...(format === 'iife' ? { globalName: '__function' } : {}),
      // Modules are strict, but a script is not; and its names must not become globals of the guest.
      banner: {
        js: `((${layers === null ? '' : `${requireLayerName}, ${layerFilesName}`}) => { "use strict";`,
      },
      footer: { js: `${format === 'iife' ? 'return __function; ' : ''}})${layers === null ? '()' : ''}` },
      ...(usesTsconfig && existsSync(tsconfig) ? { tsconfig } : { tsconfigRaw: {} }),
      supported: isLowered ? loweredAsync : supportedSyntax,
      plugins: [
        ...(shapes.has(sharedAsyncHooks) ? [] : [asyncHooks]),
        missingBuiltins,
        this.#imports.plugin,
        wasmModules(unsafe.wasm),
      ],
    }
    try {
      return await build(complete)
    } catch (error) {
      const { errors } = error as Partial<BuildResult>
      if (errors === undefined || errors.length === 0) throw error
      throw buildFailed(problemsOf(errors, this.problemSource))
    }
  }
}
