import { ownNamespace } from './guest-module.ts'

/** The text of a bundle and its source map, as they leave the bundler. */
export interface BundleTexts {
  readonly code: string
  readonly sourceMap: string
}

/**
 * Renames files outside the function's folder, which the bundler names by their way from it: `../../node_modules/x/y.js`
 * becomes `node_modules/x/y.js`, `../../../home/jo/lib/z.ts` becomes `outside/z.ts`. The same code thus gives the same
 * bytes wherever it lies, and no path of the machine it was built on gets into a bundle.
 *
 * Names of files stand in whole lines of their own: a comment before each file, and the key of each wrapped module. No
 * line is added or taken away and no mapping begins behind a key, so the source map stays true.
 *
 * @param root is put before the names of files within the folder: '' for a function's
 */
export function makePathsPortable(texts: BundleTexts, inputs: readonly string[], root = ''): BundleTexts {
  const map = JSON.parse(texts.sourceMap) as { sources: string[] }
  const names = portableNames(map.sources, inputs, root)
  const rename = (path: string): string => names.get(path) ?? path
  const sourceMap = JSON.stringify({ ...map, sources: map.sources.map(rename) })
  if (names.size === 0) return { code: texts.code, sourceMap }
  const code = texts.code
    .split('\n')
    .map((line) => {
      const comment = /^( *\/\/ )(.*)$/.exec(line)
      if (comment !== null) return comment[1] + rename(comment[2]!)
      const key = /^( *)("(?:[^"\\]|\\.)*")(\(.*\) \{)$/.exec(line)
      return key === null ? line : key[1] + renameKey(key[2]!, rename) + key[3]
    })
    .join('\n')
  return { code, sourceMap }
}

function renameKey(literal: string, rename: (path: string) => string): string {
  try {
    const path: string = JSON.parse(literal)
    const renamed = rename(path)
    return renamed === path ? literal : JSON.stringify(renamed)
  } catch {
    return literal
  }
}

/** What a file is called that a package's `browser` field switches off. */
const disabledPrefix = '(disabled):'

/** New names by the old ones. Files of the bundle come first, in its order, which does not depend on where they lie. */
function portableNames(
  sources: readonly string[],
  inputs: readonly string[],
  root: string,
): Map<string, string> {
  const paths = new Set([...sources, ...inputs])
  const taken = new Set([...paths].filter((path) => !isOutside(path)))
  const names = new Map<string, string>()
  for (const path of paths) {
    if (!isOutside(path)) {
      if (root !== '' && !path.startsWith(`${ownNamespace}:`)) names.set(path, withRoot(path, root))
      continue
    }
    const name = portableName(path)
    let free = name
    for (let number = 2; taken.has(free); number++) free = `${name}~${number}`
    taken.add(free)
    names.set(path, free)
  }
  return names
}

function withRoot(path: string, root: string): string {
  return path.startsWith(disabledPrefix)
    ? disabledPrefix + root + path.slice(disabledPrefix.length)
    : root + path
}

function isOutside(path: string): boolean {
  const bare = path.startsWith(disabledPrefix) ? path.slice(disabledPrefix.length) : path
  return bare.startsWith('../') || bare.startsWith('/')
}

function portableName(path: string): string {
  const prefix = path.startsWith(disabledPrefix) ? disabledPrefix : ''
  const package_ = path.lastIndexOf('node_modules/')
  return (
    prefix + (package_ === -1 ? `outside/${path.slice(path.lastIndexOf('/') + 1)}` : path.slice(package_))
  )
}
