import { stringCharCodeAt, stringSlice } from '../primordials.ts'
import { escapePattern } from './pattern-escapes.ts'
import type { Part, PartOptions } from './pattern-parts.ts'
import { matcherOf } from './pattern-regexp.ts'
import { isNameCharacter } from './pattern-tokens.ts'

/** The shortest pattern with these parts: what a component of a URLPattern shows. */
export function patternOf(parts: readonly Part[], options: PartOptions): string {
  let pattern = ''
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!
    if (part.type === 'fixed-text') {
      const text = escapePattern(part.value)
      pattern += part.modifier === '' ? text : `{${text}}${part.modifier}`
      continue
    }
    const previous = index === 0 ? null : parts[index - 1]!
    const next = index + 1 === parts.length ? null : parts[index + 1]!
    const isGrouped = needsGroup(part, previous, next, options)
    const text =
      escapePattern(part.prefix) +
      (hasCustomName(part) ? `:${part.name}` : '') +
      matcherText(part, previous, isGrouped, options) +
      escapePattern(part.suffix)
    pattern += (isGrouped ? `{${text}}` : text) + part.modifier
  }
  return pattern
}

function needsGroup(part: Part, previous: Part | null, next: Part | null, options: PartOptions): boolean {
  const { type, modifier, prefix, suffix } = part
  if (suffix !== '' || (prefix !== '' && prefix !== options.prefix)) return true
  if (hasCustomName(part) && type === 'segment-wildcard' && modifier === '') {
    // What follows must not be read as more of the name.
    if (next !== null && next.prefix === '' && next.suffix === '') {
      if (next.type === 'fixed-text' ? isNameCharacter(next.value, false) : !hasCustomName(next)) return true
    }
  }
  // Nor what comes before as the prefix.
  if (prefix !== '' || previous?.type !== 'fixed-text' || options.prefix === '') return false
  return stringSlice(previous.value, previous.value.length - 1) === options.prefix
}

function matcherText(part: Part, previous: Part | null, isGrouped: boolean, options: PartOptions): string {
  const { type, prefix, suffix } = part
  const isNamed = hasCustomName(part)
  if (type === 'regexp') return `(${part.value})`
  if (type === 'segment-wildcard') {
    if (!isNamed) return `(${matcherOf(part, options)})`
    // Nor the suffix as more of the name.
    return suffix !== '' && isNameCharacter(suffix, false) ? '\\' : ''
  }
  const isPlain =
    !isNamed &&
    (previous === null ||
      previous.type === 'fixed-text' ||
      previous.modifier !== '' ||
      isGrouped ||
      prefix !== '')
  return isPlain ? '*' : `(${matcherOf(part, options)})`
}

/** Whether the pattern gives the part a name; else it has a number. */
function hasCustomName({ name }: Part): boolean {
  const first = stringCharCodeAt(name, 0)
  return !(first >= 48 && first <= 57)
}
