import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, type BuildResult, build, type Loader, type Plugin } from 'esbuild'
import { fixedLimits } from '../model/limits.ts'
import type { UnsafeFeatures } from '../model/version.ts'
import { buildFailed, formatProblem } from './build-problems.ts'
import { problemsOf } from './bundle-problems.ts'
import { asyncHooks, asyncHooksPath, missingBuiltins } from './node-builtins.ts'
import { makePathsPortable } from './portable-paths.ts'
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

/** One script whose completion value is the exports of the main module, and its source map (version 3, JSON). */
export interface Bundle {
  readonly code: string
  readonly sourceMap: string
  readonly warnings: readonly string[]
}

/**
 * Bundles a function with everything it imports. The same files give the same bytes wherever they lie.
 *
 * A function that imports `node:async_hooks` gets its async functions lowered onto promises, see
 * `isolate/guest/modules/async-hooks.ts`.
 *
 * @throws IsoletteError `build_failed`
 */
export async function bundleFunction(
  source: FunctionSource,
  unsafe: UnsafeFeatures = { wasm: false },
): Promise<Bundle> {
  const plugins = [...options.plugins, wasmModules(unsafe.wasm)]
  let result = await run(source, plugins, {})
  if (asyncHooksPath in result.metafile.inputs) result = await run(source, plugins, loweredAsync)

  const text = (extension: string) => result.outputFiles.find(({ path }) => path.endsWith(extension))!.text
  const { code, sourceMap } = makePathsPortable(
    { code: text('.js'), sourceMap: text('.js.map') },
    Object.keys(result.metafile.inputs),
  )
  const bytes = Buffer.byteLength(code)
  if (bytes > fixedLimits.maxBundleBytes) {
    const message = `Cannot use a bundle of ${bytes} bytes: must be at most ${fixedLimits.maxBundleBytes}`
    throw buildFailed([{ file: source.main, line: null, column: null, message }])
  }
  return { code, sourceMap, warnings: problemsOf(result.warnings, source).map(formatProblem) }
}

const loweredAsync = { 'async-await': false, 'async-generator': false, 'for-await': false }

/** Kept in memory, with the list of inputs. */
type Output = { readonly metafile: true; readonly write: false }

async function run(
  source: FunctionSource,
  plugins: Plugin[],
  supported: Record<string, boolean>,
): Promise<BuildResult<Output>> {
  const tsconfig = join(source.folder, 'tsconfig.json')
  const complete: BuildOptions & Output = {
    ...options,
    plugins,
    absWorkingDir: source.folder,
    entryPoints: [`./${source.main}`],
    ...(source.usesTsconfig && existsSync(tsconfig) ? { tsconfig } : { tsconfigRaw: {} }),
    // An import() of what was not there to be bundled rejects, instead of reaching the isolate, which has none.
    supported: { 'dynamic-import': false, ...supported },
  }
  try {
    return await build(complete)
  } catch (error) {
    const { errors } = error as Partial<BuildResult>
    if (errors === undefined || errors.length === 0) throw error
    throw buildFailed(problemsOf(errors, source))
  }
}

const textLoaders = Object.fromEntries(
  ['.txt', '.html', '.md', '.sql', '.css', '.module.css'].map((extension): [string, Loader] => [
    extension,
    'text',
  ]),
)

const production = '"production"'

const options = {
  outfile: 'bundle.js',
  write: false,
  // Nothing is written: a function may well have a file of that name.
  allowOverwrite: true,
  metafile: true,
  bundle: true,
  format: 'iife',
  globalName: '__function',
  // Modules are strict, but a script is not; and the name must not become a global of the guest.
  banner: { js: '(() => { "use strict";' },
  footer: { js: 'return __function; })()' },
  // Packages that have a build for Workers or for browsers have one that does without Node.js.
  platform: 'browser',
  conditions: ['workerd', 'worker', 'browser'],
  mainFields: ['browser', 'module', 'main'],
  // The V8 of Node 24 is that of Chrome 136.
  target: 'chrome136',
  loader: { ...textLoaders, '.wasm': 'binary' },
  define: {
    'process.env.NODE_ENV': production,
    // What asks for it carefully, finding no `process`, would take this for a developer's machine and show stacks.
    'globalThis.process.env.NODE_ENV': production,
    global: 'globalThis',
  },
  charset: 'utf8',
  legalComments: 'none',
  sourcemap: 'external',
  sourcesContent: true,
  logLevel: 'silent',
  logLimit: 20,
  plugins: [asyncHooks, missingBuiltins],
} satisfies BuildOptions
