import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Message } from 'esbuild'
import type { BuildProblem } from './build-problems.ts'
import { builtinRefusal, isBuiltin } from './node-builtins.ts'

/** Puts esbuild's errors and warnings into problems: its places in our counting, its advice in the author's terms. */
export function problemsOf(
  messages: readonly Message[],
  source: { readonly folder: string; readonly main: string },
): BuildProblem[] {
  return messages.map((message) => {
    const { location } = message
    const problem = { message: oneLine(reword(message, source.folder)) }
    if (location === null) return { file: source.main, line: null, column: null, ...problem }
    return { file: location.file, line: location.line, column: columnOf(location), ...problem }
  })
}

/** esbuild counts columns in bytes from 0. */
function columnOf({ lineText, column }: NonNullable<Message['location']>): number {
  return Buffer.from(lineText).subarray(0, column).toString().length + 1
}

function reword(message: Message, folder: string): string {
  if (message.text.startsWith('Top-level await')) {
    return 'Cannot use await at the top level of a module: must be inside the handler'
  }
  const specifier = /^Could not resolve "(.*)"$/.exec(message.text)?.[1]
  if (specifier === undefined) return message.text
  const file = message.location?.file ?? '.'
  if (isBuiltin(specifier)) return builtinRefusal(specifier, file)
  return `Cannot resolve "${specifier}": ${searched(specifier, { folder, file, message })}`
}

function searched(specifier: string, at: { folder: string; file: string; message: Message }): string {
  // Why a package that is there does not answer: no such file, not exported, …
  const reason = at.message.notes.map((note) => note.text).find((text) => !/external|platform/.test(text))
  if (reason !== undefined) return reason.replace(/:$/, '').replaceAll(at.folder, '.')
  if (/^\.{0,2}\//.test(specifier)) return `no such module, seen from ${at.file}`
  const places = nodeModulesAbove(at.folder, at.file)
  return places.length === 0 ? `no node_modules from ${at.file} upwards` : `searched ${places.join(', ')}`
}

function nodeModulesAbove(folder: string, file: string): string[] {
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
