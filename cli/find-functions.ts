import { type Dirent, readdirSync, statSync } from 'node:fs'
import { join, parse } from 'node:path'

/** What may be deployed, and where nothing was found. */
export interface FoundFunctions {
  /** Folders with `function.jsonc` and single files, absolute, in order. */
  readonly functions: readonly string[]
  /** Of the paths that were given, those that do not exist or lead to no function. */
  readonly empty: readonly string[]
}

/**
 * Finds the functions at and below `paths` (absolute). A folder with `function.jsonc` is one function, whatever is in
 * it. Other folders are searched, but for hidden ones and `node_modules`; a single file counts only directly in a given
 * folder and only if its name may be a function's, or every module of a project would be taken for one.
 */
export function findFunctions(paths: readonly string[]): FoundFunctions {
  const functions = new Set<string>()
  const empty: string[] = []
  for (const path of paths) {
    const found = findAt(path)
    if (found.length === 0) empty.push(path)
    for (const one of found) functions.add(one)
  }
  return { functions: [...functions], empty }
}

function findAt(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return []
  if (!stats.isDirectory()) return [path]
  const entries = listFolder(path)
  if (isFunction(entries)) return [path]
  const files = entries.filter(isSingleFile).map(({ name }) => join(path, name))
  return [...files, ...findBelow(path, entries)].sort()
}

function findBelow(folder: string, entries: readonly Dirent[]): string[] {
  return entries.filter(isSearched).flatMap(({ name }) => {
    const path = join(folder, name)
    const inner = listFolder(path)
    return isFunction(inner) ? [path] : findBelow(path, inner)
  })
}

/** A folder that is gone since it was listed, or may not be read, has no functions. */
export function listFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

/** Whether a folder may hold something of the author's. */
export function isSearched(entry: Dirent): boolean {
  return entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.')
}

function isFunction(entries: readonly Dirent[]): boolean {
  return entries.some((entry) => entry.name === 'function.jsonc')
}

function isSingleFile(entry: Dirent): boolean {
  const { name, ext } = parse(entry.name)
  return entry.isFile() && ['.js', '.mjs', '.ts'].includes(ext) && /^[a-z][a-z0-9-]{0,62}$/.test(name)
}
