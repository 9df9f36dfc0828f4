import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { Plugin } from 'esbuild'
import { inlineConstants } from './inline-constants.ts'
import type { ModuleGraph } from './part-plan.ts'

/** The entry point that stands for a part. */
export function entryOfPart(part: number): string {
  return `part:${part}`
}

/** How a name that is required of a part is written until `linkParts` knows where it is; no variable is called so. */
export const requiredName = /\brequired\$(\d+)\$(\w+)\b/g

const requireCall = /\brequire\('([^']+)'\)\.(\w+)/g

/**
 * Makes esbuild divide the modules into the parts that were planned, and bind what they require.
 *
 * esbuild divides code by which entry points reach it. So each part gets an entry point that reaches all modules of the
 * part, the entry points of the parts that these import from, and nothing else.
 */
export function partEntries(options: {
  readonly folder: string
  readonly graph: ModuleGraph
  readonly parts: readonly (readonly string[])[]
  /** The first part's entry begins with this. */
  readonly main: string
}): Plugin {
  const { folder, graph, parts, main } = options
  const partOf = new Map(parts.flatMap((modules, part) => modules.map((path) => [path, part] as const)))
  const { sources, names } = bindRequires(folder, graph, (path) => partOf.get(path)!)
  const entries = parts.map((modules, part) => {
    const imported = new Set(
      modules.flatMap((path) => graph.get(path)!.imports.map((one) => partOf.get(one)!)),
    )
    imported.add(0).delete(part)
    const lines = part === 0 ? [main] : []
    for (const other of imported) lines.push(`import '${entryOfPart(other)}'`)
    // The first module of the first part is the one that `main` stands for.
    for (const path of part === 0 ? modules.slice(1) : modules)
      lines.push(`import ${JSON.stringify(`./${path}`)}`)
    for (const path of modules)
      for (const [name, alias] of names.get(path) ?? [])
        lines.push(`export { ${name} as ${alias} } from ${JSON.stringify(`./${path}`)}`)
    return lines.join('\n')
  })
  return {
    name: 'parts',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^part:/ }, ({ path }) => ({ path: path.slice('part:'.length), namespace: 'part' }))
      onLoad({ filter: /^/, namespace: 'part' }, ({ path }) => ({
        contents: entries[Number(path)]!,
        resolveDir: folder,
      }))
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = sources.get(path) ?? inlineConstants(readFileSync(path, 'utf8'))
        return { contents, loader: 'ts' }
      })
    },
  }
}

/** The sources of modules that require, with names in place of the calls; and which names of which modules these are. */
function bindRequires(folder: string, graph: ModuleGraph, partOf: (path: string) => number) {
  const sources = new Map<string, string>()
  const names = new Map<string, Map<string, string>>()
  let count = 0
  const nameOf = (path: string, name: string): string => {
    const ofModule = names.get(path) ?? new Map<string, string>()
    names.set(path, ofModule)
    const alias = ofModule.get(name) ?? `${name}_${count++}`
    ofModule.set(name, alias)
    return `required$${partOf(path)}$${alias}`
  }
  for (const [path, { requires }] of graph) {
    if (requires.length === 0) continue
    const found = new Set<string>()
    const source = readFileSync(join(folder, path), 'utf8')
    const bound = source.replace(requireCall, (_, specifier: string, name: string) => {
      const required = posix.join(posix.dirname(path), specifier)
      found.add(required)
      return nameOf(required, name)
    })
    if (new Set(requires).symmetricDifference(found).size > 0)
      throw new Error(`Cannot bundle ${path}: it must ask by require('../folder/module.ts').name`)
    sources.set(join(folder, path), bound)
  }
  return { sources, names }
}
