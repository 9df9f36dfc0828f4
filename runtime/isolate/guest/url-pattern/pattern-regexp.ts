import { newList } from '../language/list.ts'
import { escapeRegExp } from './pattern-escapes.ts'
import { fullWildcard, type Part, type PartOptions, segmentWildcard } from './pattern-parts.ts'

/** The regular expression of a pattern, and the names of its groups in order. */
export function regExpOf(
  parts: readonly Part[],
  options: PartOptions,
): { readonly source: string; readonly names: readonly string[] } {
  let source = '^'
  const names = newList<string>()
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!
    if (part.type !== 'fixed-text') names[names.length] = part.name
    source += sourceOf(part, options)
  }
  return { source: `${source}$`, names }
}

function sourceOf(part: Part, options: PartOptions): string {
  const { type, modifier } = part
  if (type === 'fixed-text') {
    const text = escapeRegExp(part.value)
    return modifier === '' ? text : `(?:${text})${modifier}`
  }
  const value = matcherOf(part, options)
  const prefix = escapeRegExp(part.prefix)
  const suffix = escapeRegExp(part.suffix)
  const isRepeated = modifier === '*' || modifier === '+'
  if (prefix === '' && suffix === '') {
    return isRepeated ? `((?:${value})${modifier})` : `(${value})${modifier}`
  }
  if (!isRepeated) return `(?:${prefix}(${value})${suffix})${modifier}`
  const repeated = `(?:${prefix}((?:${value})(?:${suffix}${prefix}(?:${value}))*)${suffix})`
  return modifier === '*' ? `${repeated}?` : repeated
}

export function matcherOf({ type, value }: Part, options: PartOptions): string {
  if (type === 'segment-wildcard') return segmentWildcard(options)
  return type === 'full-wildcard' ? fullWildcard : value
}
