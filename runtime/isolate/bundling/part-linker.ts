import { basename } from 'node:path'
import type { Metafile, OutputFile } from 'esbuild'
import { entryOfPart, requiredName } from './part-entries.ts'

/** One of esbuild's output files, taken apart. */
interface Chunk {
  readonly code: string
  /** The files that it imports, in order. */
  readonly files: ReadonlySet<string>
  /** Where its variables come from that are not its own. */
  readonly imported: ReadonlyMap<string, { readonly file: string; readonly name: string }>
  /** The variables that its exports are. */
  readonly exported: ReadonlyMap<string, string>
}

/** What the main script's part is given instead of this name; see `guest/boot/parts.ts`. */
const mainExports = /\bmainExports\$/g

/**
 * Makes scripts of modules that import from each other: the first evaluates to the default export, each other one to a
 * function that is given `loadPart` and returns the part's exports.
 *
 * A part takes what it imports when it is loaded: what an exported variable is given later it would not see.
 */
export function linkParts(
  outputFiles: readonly OutputFile[],
  metafile: Metafile,
  transform: (code: string) => string,
): string[] {
  const chunks = new Map(outputFiles.map(({ path, text }) => [basename(path), readChunk(text)]))
  const fileOfPart: string[] = []
  for (const [path, { inputs }] of Object.entries(metafile.outputs))
    for (let part = 0; part < chunks.size; part++)
      if (entryOfPart(part) in inputs) fileOfPart[part] = basename(path)
  const partOfFile = new Map(fileOfPart.map((file, part) => [file, part]))
  const partOf = (file: string): number => {
    const part = partOfFile.get(file)
    if (part === undefined) throw new Error(`Cannot bundle the guest: ${file} is no part`)
    return part
  }
  /** Parts that others import from are files apart from their entries. */
  const find = (file: string, name: string): { file: string; name: string } => {
    const local = chunks.get(file)?.exported.get(name)
    if (local === undefined) throw new Error(`Cannot bundle the guest: ${file} does not export ${name}`)
    const imported = chunks.get(file)!.imported.get(local)
    return imported === undefined ? { file, name } : find(imported.file, imported.name)
  }
  const variable = (part: number, name: string): string => {
    const found = find(`${part}.js`, name)
    return chunks.get(found.file)!.exported.get(found.name)!
  }
  /** Exports are elements of an array: the cheapest thing to make, and read without a look at any prototype. */
  const indexOf = (file: string, name: string): number => [...chunks.get(file)!.exported.keys()].indexOf(name)
  return fileOfPart.map((file, part) => {
    const chunk = chunks.get(file)!
    const loadPart = part === 0 ? variable(0, 'loadPart') : 'loadPart$'
    const code = transform(chunk.code).replace(requiredName, (_, required: string, name: string) => {
      const found = find(`${required}.js`, name)
      // In parentheses, for it may stand after `new`.
      return `(${loadPart}(${partOf(found.file)})[${indexOf(found.file, found.name)}])`
    })
    const exports = `[${[...chunk.exported.values()].join(', ')}]`
    // Variables must not become globals of the guest.
    if (part === 0)
      return `(() => { "use strict"; ${code.replace(mainExports, () => `(() => ${exports})`)}; return ${variable(0, 'default')} })()`
    const imports = Array.from(chunk.files, (from, index) => {
      const elements = Array.from(chunk.imported)
        .filter(([, origin]) => origin.file === from)
        .map(([local, origin]) => `, ${local} = imports${index}$[${indexOf(from, origin.name)}]`)
      if (elements.length === 0 && partOf(from) === 0) return ''
      return `const imports${index}$ = loadPart$(${partOf(from)})${elements.join('')};`
    })
    return `((loadPart$) => { "use strict"; ${imports.join('\n')} ${code}; return ${exports} })`
  })
}

const importStatement = /^import (?:\{\n([^}]*)\n\} from )?"\.\/([^"]+)";\n/gm
const exportStatement = /^export \{\n([^}]*)\n\};\n/gm
const binding = /^ {2}([\w$]+)(?: as ([\w$]+))?,?$/gm

function readChunk(text: string): Chunk {
  const files = new Set<string>()
  const imported = new Map<string, { file: string; name: string }>()
  const exported = new Map<string, string>()
  const code = text
    .replace(importStatement, (_, names: string | undefined, file: string) => {
      files.add(file)
      for (const [, name, local = name] of names?.matchAll(binding) ?? [])
        imported.set(local!, { file, name: name! })
      return ''
    })
    .replace(exportStatement, (_, names: string) => {
      for (const [, local, name = local] of names.matchAll(binding)) exported.set(name!, local!)
      return ''
    })
  if (/^(import|export)\b/m.test(code))
    throw new Error('Cannot bundle the guest: esbuild writes imports in another way than expected')
  return { code, files, imported, exported }
}
