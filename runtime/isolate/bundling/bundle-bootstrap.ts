import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, transformSync } from 'esbuild'
import { compileWithScript } from './hot-functions.ts'
import { entryOfPart, partEntries } from './part-entries.ts'
import { linkParts } from './part-linker.ts'
import { type GuestModule, type ModuleGraph, planParts } from './part-plan.ts'

/** Belongs to every bundle: what loads its parts. */
const loaderPath = fileURLToPath(new URL('../guest/boot/parts.ts', import.meta.url))
/** What packages see instead of the globals that guests may patch. */
const packageGlobalsPath = fileURLToPath(new URL('../guest/boot/package-globals.ts', import.meta.url))

/**
 * Bundles the guest's side into strict scripts. The first is evaluated by every instance; its completion value is the
 * default export of `entryPath`. The others are its parts, by number: their completion value is a function that
 * `guest/boot/parts.ts` calls when one of their modules is first asked for, by `require('…').name`.
 *
 * @throws Error if a module requires in another way, or if esbuild's output is not what this expects.
 */
export async function bundleBootstrap(entryPath: string): Promise<string[]> {
  const folder = dirname(resolve(entryPath))
  const main = [
    `export { default } from ${JSON.stringify(`./${basename(entryPath)}`)}`,
    `export { loadPart } from ${JSON.stringify(loaderPath)}`,
    `import ${JSON.stringify(packageGlobalsPath)}`,
  ].join('\n')
  const graph = await readGraph(folder, main)
  const parts = planParts(graph, stdin)
  const { outputFiles, metafile } = await build({
    ...commonOptions(folder),
    entryPoints: parts.map((_, part) => ({ in: entryOfPart(part), out: `${part}` })),
    format: 'esm',
    splitting: true,
    outdir: folder,
    metafile: true,
    // White space stays: it tells functions, imports and exports from the rest.
    minifyIdentifiers: true,
    minifySyntax: true,
    plugins: [partEntries({ folder, graph, parts, main })],
  })
  return linkParts(outputFiles, metafile, compileWithScript).map(minify)
}

/** Each isolate keeps its own copy of the source. */
function minify(expression: string): string {
  // What is not assigned would be dropped. In parentheses V8 compiles a function with the script.
  const { code } = transformSync(`value = ${expression}`, { minify: true, target: 'esnext' })
  return `(${code.replace(/^value=|;\n$/g, '')})`
}

const stdin = '<stdin>'

function commonOptions(folder: string) {
  return {
    absWorkingDir: folder,
    bundle: true,
    write: false,
    inject: [packageGlobalsPath],
    target: 'esnext',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    // A package's word that a module does nothing would keep the module out of the entry of its part.
    ignoreAnnotations: true,
    legalComments: 'none',
    logLevel: 'silent',
  } as const satisfies BuildOptions
}

async function readGraph(folder: string, main: string): Promise<ModuleGraph> {
  const { metafile } = await build({
    ...commonOptions(folder),
    stdin: { contents: main, resolveDir: folder },
    format: 'iife',
    metafile: true,
    minify: true,
  })
  const [output] = Object.values(metafile.outputs)
  const graph = new Map<string, GuestModule>()
  for (const [path, { imports }] of Object.entries(metafile.inputs)) {
    // What is injected is said to be external, and is in the main script.
    const ofKind = (kind: string) => imports.filter((one) => one.kind === kind && one.external !== true)
    graph.set(path, {
      bytes: output?.inputs[path]?.bytesInOutput ?? 0,
      imports: ofKind('import-statement').map((one) => one.path),
      requires: ofKind('require-call').map((one) => one.path),
    })
  }
  return graph
}
