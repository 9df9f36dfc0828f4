import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Message } from 'esbuild'
import type { BuildProblem } from './build-problems.ts'
import { ownNamespace } from './guest-module.ts'
import { readStubName } from './layer-stubs.ts'
import { builtinRefusal, isBuiltin } from './node-builtins.ts'

/** What was bundled when the bundler had something to say. */
export interface ProblemSource {
  /** What its paths begin at. */
  readonly folder: string
  /** To be blamed where nothing else can. */
  readonly main: string
  /** What is shown in front of paths. */
  readonly root: string
  /** Where packages are looked for that a file imports; that file as the bundler names it. */
  readonly placesFrom: (file: string) => readonly string[]
  /** Why what has the name of a package did not answer, if the bundler does not know it; else null. */
  readonly reasonFor: (specifier: string) => string | null
}

/** Puts esbuild's errors and warnings into problems: its places in our counting, its advice in the author's terms. */
export function problemsOf(messages: readonly Message[], source: ProblemSource): BuildProblem[] {
  return messages.map((message) => {
    const location = placeOf(message)
    const problem = { message: oneLine(reword(message, source)) }
    if (location === null) return { file: source.main, line: null, column: null, ...problem }
    return { file: source.root + location.file, line: location.line, column: columnOf(location), ...problem }
  })
}

/** What is ours is not to blame, but what it leads to. */
function placeOf({ location, notes }: Message): Message['location'] {
  if (location?.namespace !== ownNamespace) return location
  return notes.find((note) => note.location?.namespace === 'file')?.location ?? null
}

/** esbuild counts columns in bytes from 0. */
function columnOf({ lineText, column }: NonNullable<Message['location']>): number {
  return Buffer.from(lineText).subarray(0, column).toString().length + 1
}

function reword(message: Message, source: ProblemSource): string {
  if (message.text.startsWith('Top-level await') || message.text.includes('contains a top-level await')) {
    return 'Cannot use await at the top level of a module: must be inside the handler'
  }
  const specifier = /^Could not resolve "(.*)"$/.exec(message.text)?.[1]
  if (specifier === undefined) return renamePath(message.text, source)
  const file = message.location?.file ?? '.'
  if (specifier.startsWith(`${ownNamespace}:`))
    return `Cannot import "${specifier}": no such module, must be isolette:layers`
  if (isBuiltin(specifier)) return builtinRefusal(specifier, file)
  return `Cannot resolve "${specifier}": ${searched(specifier, { source, file, message })}`
}

/** What is said of a name that a module does not export. */
function renamePath(text: string, { root }: ProblemSource): string {
  return text.replace(/(matching export in|because the file) "([^"]+)"/, (_, words: string, path: string) => {
    const own = `${ownNamespace}:`
    if (!path.startsWith(own)) return `${words} "${root}${path}"`
    const name = path.slice(own.length)
    return `${words} "${readStubName(name)?.path ?? name}"`
  })
}

function searched(
  specifier: string,
  at: { readonly source: ProblemSource; readonly file: string; readonly message: Message },
): string {
  // Why a package that is there does not answer: no such file, not exported, …
  const { folder, root } = at.source
  const reason = at.message.notes.map((note) => note.text).find((text) => !/external|platform/.test(text))
  if (reason !== undefined) return reason.replace(/:$/, '').replaceAll(folder, root === '' ? '.' : root)
  if (/^\.{0,2}\//.test(specifier)) return `no such module, seen from ${root}${at.file}`
  const places = at.source.placesFrom(at.file)
  const found = at.source.reasonFor(specifier)
  const why = found === null ? '' : ` (${found})`
  if (places.length === 0) return `no node_modules from ${root}${at.file} upwards${why}`
  return `searched ${places.join(', ')}${why}`
}

/** The folders of packages that there are above a file, the nearest first, as seen from `folder`. */
export function nodeModulesAbove(folder: string, file: string): string[] {
  const places: string[] = []
  let at = dirname(join(folder, file))
  for (;;) {
    const place = join(at, 'node_modules')
    if (existsSync(place)) places.push(relative(folder, place))
    if (at === dirname(at)) return places
    at = dirname(at)
  }
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').slice(0, 1000)
}
