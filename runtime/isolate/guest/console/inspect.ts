import { newList } from '../language/list.ts'
import { arrayJoin, stringIndexOf, stringRepeat, stringSlice, symbolToString } from '../primordials.ts'
import { noKey, type ObjectParts, partsOf } from './object-parts.ts'
import { quote } from './quote.ts'

const defaultDepth = 2
const maxTextUnits = 32 * 1024
const maxStringUnits = 10_000
/** What is longer is spread over lines. */
const lineUnits = 72

/** Objects that are being shown, innermost first. */
interface Ancestor {
  readonly object: object
  readonly outer: Ancestor | null
}

/** What may still be written. When nothing is left, `…` stands for what comes. */
interface Budget {
  units: number
}

/** Shows a value in the manner of Node's `util.inspect`, within bounds. Getters are named, not called. */
export function inspect(value: unknown, depth = defaultDepth): string {
  return show(value, null, depth, 0, { units: maxTextUnits })
}

function show(value: unknown, outer: Ancestor | null, depth: number, indent: number, budget: Budget): string {
  if (budget.units <= 0) return '…'
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  if (isObject) return showObject(value, outer, depth, indent, budget)
  return spend(showPrimitive(value), budget)
}

/** Strings in quotes. */
export function showPrimitive(value: unknown): string {
  switch (typeof value) {
    case 'string':
      if (value.length <= maxStringUnits) return quote(value)
      return `${quote(stringSlice(value, 0, maxStringUnits))}... ${value.length - maxStringUnits} more characters`
    case 'symbol':
      return symbolToString(value)
    case 'bigint':
      return `${value}n`
    case 'number':
      return value === 0 && 1 / value < 0 ? '-0' : `${value}`
  }
  return `${value as undefined}`
}

function showObject(
  object: object,
  outer: Ancestor | null,
  depth: number,
  indent: number,
  budget: Budget,
): string {
  for (let ancestor = outer; ancestor !== null; ancestor = ancestor.outer) {
    if (ancestor.object === object) return '[Circular]'
  }
  const parts = partsOf(object)
  if (parts.items.length === 0) return spend(parts.prefix + parts.brackets, budget)
  if (depth < 0) return spend(`[${parts.name}]`, budget)
  const ancestor = { object, outer }
  const shown = newList<string>()
  for (let index = 0; index < parts.items.length; index++) {
    if (budget.units <= 0) {
      shown[index] = '…'
      break
    }
    const { label, value, key, isText } = parts.items[index]!
    const before = key === noKey ? label : `${show(key, ancestor, depth - 1, indent + 2, budget)} => `
    const text = isText ? (value as string) : show(value, ancestor, depth - 1, indent + 2, budget)
    shown[index] = spend(before, budget) + text
  }
  return layOut(parts, shown, indent)
}

/** On one line if that is short, else one item a line. */
function layOut(parts: ObjectParts, shown: readonly string[], indent: number): string {
  const open = parts.brackets === '[]' ? '[' : '{'
  const close = parts.brackets === '[]' ? ']' : '}'
  const prefix = parts.brackets === '' ? `${parts.prefix} ` : parts.prefix
  const line = arrayJoin(shown, ', ')
  if (line.length + prefix.length <= lineUnits && stringIndexOf(line, '\n') === -1) {
    return `${prefix}${open} ${line} ${close}`
  }
  const margin = `\n${stringRepeat(' ', indent + 2)}`
  return `${prefix}${open}${margin}${arrayJoin(shown, `,${margin}`)}\n${stringRepeat(' ', indent)}${close}`
}

function spend(text: string, budget: Budget): string {
  budget.units -= text.length
  return text
}
