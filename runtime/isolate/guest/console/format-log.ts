import { jsonStringify, Number, stringIndexOf, stringSlice, trunc } from '../primordials.ts'

const maxTextUnits = 32 * 1024
const percent = '%'

/** What `console.log(...args)` writes: `%` specifiers of the first argument filled in, the rest behind it. */
export function formatLog(args: readonly unknown[]): string {
  if (args.length === 0) return ''
  const first = args[0]
  let used = 1
  let text: string
  if (typeof first === 'string' && args.length > 1 && stringIndexOf(first, percent) !== -1) {
    const filled = fill(first, args)
    text = filled.text
    used = filled.used
  } else text = show(first)
  for (let index = used; index < args.length && text.length < maxTextUnits; index++)
    text += ` ${show(args[index])}`
  return text.length <= maxTextUnits ? text : `${stringSlice(text, 0, maxTextUnits)}…`
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : require('../console/inspect.ts').inspect(value)
}

function fill(format: string, args: readonly unknown[]): { readonly text: string; readonly used: number } {
  let text = ''
  let used = 1
  let start = 0
  for (let at = stringIndexOf(format, percent); at !== -1; at = stringIndexOf(format, percent, at + 2)) {
    const specifier = stringSlice(format, at + 1, at + 2)
    if (specifier !== percent && used === args.length) continue
    const filled = specifier === percent ? percent : apply(specifier, args[used])
    if (filled === null) continue
    if (specifier !== percent) used++
    text += stringSlice(format, start, at) + filled
    start = at + 2
  }
  return { text: text + stringSlice(format, start), used }
}

/** null if it is no specifier. */
function apply(specifier: string, value: unknown): string | null {
  switch (specifier) {
    case 's':
      return typeof value === 'string'
        ? value
        : typeof value === 'object'
          ? require('../console/inspect.ts').inspect(value, 0)
          : require('../console/inspect.ts').showPrimitive(value)
    case 'd':
    case 'i':
    case 'f':
      return number(specifier, value)
    case 'j':
      return `${jsonStringify(value)}`
    case 'o':
    case 'O':
      return require('../console/inspect.ts').inspect(value)
    case 'c':
      return ''
  }
  return null
}

function number(specifier: string, value: unknown): string {
  if (typeof value === 'bigint') return require('../console/inspect.ts').showPrimitive(value)
  if (typeof value === 'symbol' || typeof value === 'object') return 'NaN'
  const converted = Number(value)
  return require('../console/inspect.ts').showPrimitive(specifier === 'i' ? trunc(converted) : converted)
}
