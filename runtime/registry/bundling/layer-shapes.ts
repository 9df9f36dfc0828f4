import { type BuildFailure, type BuildOptions, build } from 'esbuild'
import type { ModuleShape } from './layer-stubs.ts'

/** A module of a layer script: its path, and how its script imports it. */
export interface LayerModule {
  readonly path: string
  readonly specifier: string
  /** What esbuild made of it: 'cjs', 'esm', or undefined where its syntax does not tell. */
  readonly format: string | undefined
}

/** No module exports it. */
const probe = 'isolette$probe'

/**
 * What each module gives to those that import it, in esbuild's own view.
 *
 * @param options how layers are compiled, without what says what is made of them
 */
export async function shapesOf(
  modules: readonly LayerModule[],
  options: BuildOptions & { readonly absWorkingDir: string },
): Promise<Map<string, ModuleShape>> {
  const shapes = new Map<string, ModuleShape>(
    modules.map(({ path }): [string, ModuleShape] => [path, { kind: 'commonjs' }]),
  )
  const unknown = modules.filter(({ format }) => format !== 'cjs')
  if (unknown.length === 0) return shapes
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: unknown.map(({ specifier }, index) => ({ in: specifier, out: `${index}` })),
    format: 'esm',
    splitting: true,
    outdir: 'shapes',
    write: false,
    metafile: true,
  })
  const namesOf = (index: number) => metafile.outputs[`shapes/${index}.js`]!.exports
  const reExports = outputFiles.some(({ text }) => text.includes('__reExport('))
  const open = reExports ? await findOpen(unknown, options) : new Set()
  unknown.forEach(({ path, format }, index) => {
    const names = namesOf(index)
    if (format === 'esm') shapes.set(path, { kind: 'module', names, isOpen: open.has(index) })
    else if (names.includes('default')) shapes.set(path, { kind: 'value', names })
  })
  return shapes
}

/** Which modules may have any name: esbuild has nothing against one that no module has. */
async function findOpen(
  modules: readonly LayerModule[],
  options: BuildOptions & { readonly absWorkingDir: string },
): Promise<Set<number>> {
  const open = new Set(modules.keys())
  const lines = modules.map(
    ({ specifier }, index) => `export { ${probe} as probe${index} } from ${JSON.stringify(specifier)}`,
  )
  const attempt = build({
    ...options,
    stdin: { contents: lines.join('\n'), resolveDir: options.absWorkingDir },
    format: 'esm',
    write: false,
    logLimit: 0,
  })
  const errors = await attempt.then(
    () => [],
    (failure: BuildFailure) => failure.errors,
  )
  for (const { location } of errors) if (location?.file === '<stdin>') open.delete(location.line - 1)
  return open
}
