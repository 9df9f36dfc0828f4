import { defineOwn } from '../language/define-own.ts'
import { RegExp, regExpExec, TypeError } from '../primordials.ts'
import { type Canonicalize, type Part, type PartOptions, parseParts } from './pattern-parts.ts'
import { regExpOf } from './pattern-regexp.ts'
import { patternOf } from './pattern-text.ts'

/** The pattern of one component of a URL. */
export interface Component {
  readonly pattern: string
  readonly regExp: RegExp
  readonly names: readonly string[]
  readonly hasRegExpGroups: boolean
}

export interface ComponentResult {
  readonly input: string
  readonly groups: Readonly<Record<string, string | undefined>>
}

/** @throws TypeError if it is no pattern, or a text in it cannot stand in a URL. */
export function compileComponent(
  pattern: string,
  canonicalize: Canonicalize,
  options: PartOptions,
  ignoresCase: boolean,
): Component {
  const parts = parseParts(pattern, options, canonicalize)
  const { source, names } = regExpOf(parts, options)
  let regExp: RegExp
  try {
    regExp = new RegExp(source, ignoresCase ? 'vi' : 'v')
  } catch {
    throw new TypeError(`Cannot read pattern ${pattern}: a regular expression in it is wrong`)
  }
  return { pattern: patternOf(parts, options), regExp, names, hasRegExpGroups: hasRegExpGroups(parts) }
}

/** Null = the pattern does not take it. */
export function matchComponent({ regExp, names }: Component, input: string): ComponentResult | null {
  const match = regExpExec(regExp, input)
  if (match === null) return null
  const groups = {}
  for (let index = 0; index < names.length; index++) defineOwn(groups, names[index]!, match[index + 1])
  return { input, groups }
}

function hasRegExpGroups(parts: readonly Part[]): boolean {
  for (let index = 0; index < parts.length; index++) if (parts[index]!.type === 'regexp') return true
  return false
}
