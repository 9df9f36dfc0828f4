import { log, logLevel, monotonicMs } from '../host.ts'
import { currentRequestId } from '../invocation/current-request.ts'
import {
  arrayJoin,
  captureStack,
  defineProperty,
  Map,
  mapDelete,
  mapGet,
  mapHas,
  mapSet,
  max,
  min,
  numberToFixed,
  setPrototypeOf,
  stringIndexOf,
  stringRepeat,
  stringSlice,
  stringSplit,
  toStringTag,
} from '../primordials.ts'
import { formatLog } from './format-log.ts'

const groupIndent = 2
const maxIndent = 40
/** One console, one indent: groups of requests that run at once run into each other. */
let indent = 0
const counts = new Map<string, number>()
const startedAtMs = new Map<string, number>()

/** Never throws, whatever the arguments do when they are looked at. */
function write(level: number, args: readonly unknown[]): void {
  let text: string
  try {
    text = formatLog(args)
  } catch {
    text = '[a value that cannot be shown]'
  }
  writeText(level, text)
}

function writeText(level: number, text: string): void {
  if (indent > 0) {
    const margin = stringRepeat(' ', indent)
    text = margin + arrayJoin(stringSplit(text, '\n'), `\n${margin}`)
  }
  log(currentRequestId(), level, text)
}

function elapsed(label: string): string | null {
  const startMs = mapGet(startedAtMs, label)
  return startMs === undefined ? null : `${label}: ${numberToFixed(monotonicMs() - startMs, 3)}ms`
}

/** The Console standard's namespace: lines go into the log of the invocation. */
export const console = {
  log(...args: unknown[]): void {
    write(logLevel.info, args)
  },
  info(...args: unknown[]): void {
    write(logLevel.info, args)
  },
  warn(...args: unknown[]): void {
    write(logLevel.warn, args)
  },
  error(...args: unknown[]): void {
    write(logLevel.error, args)
  },
  debug(...args: unknown[]): void {
    write(logLevel.debug, args)
  },
  trace(...args: unknown[]): void {
    const holder = { __proto__: null, stack: '' }
    captureStack(holder)
    const frames = stringIndexOf(holder.stack, '\n')
    writeText(
      logLevel.debug,
      `Trace: ${formatLog(args)}${frames === -1 ? '' : stringSlice(holder.stack, frames)}`,
    )
  },
  assert(condition: unknown = undefined, ...args: unknown[]): void {
    if (condition) return
    const text = formatLog(args)
    writeText(logLevel.error, text === '' ? 'Assertion failed' : `Assertion failed: ${text}`)
  },
  dir(value: unknown = undefined): void {
    write(logLevel.info, ['%O', value])
  },
  dirxml(...args: unknown[]): void {
    write(logLevel.info, args)
  },
  table(data: unknown = undefined): void {
    let text: string | null = null
    try {
      text = require('../console/format-table.ts').formatTable(data)
    } catch {
      // Shown as any other value.
    }
    if (text === null) write(logLevel.info, [data])
    else writeText(logLevel.info, text)
  },
  count(label = 'default'): void {
    const key = `${label}`
    const count = (mapGet(counts, key) ?? 0) + 1
    mapSet(counts, key, count)
    writeText(logLevel.info, `${key}: ${count}`)
  },
  countReset(label = 'default'): void {
    mapDelete(counts, `${label}`)
  },
  time(label = 'default'): void {
    const key = `${label}`
    if (!mapHas(startedAtMs, key)) mapSet(startedAtMs, key, monotonicMs())
  },
  timeLog(label = 'default', ...args: unknown[]): void {
    const text = elapsed(`${label}`)
    if (text !== null) writeText(logLevel.info, args.length === 0 ? text : `${text} ${formatLog(args)}`)
  },
  timeEnd(label = 'default'): void {
    const key = `${label}`
    const text = elapsed(key)
    mapDelete(startedAtMs, key)
    if (text !== null) writeText(logLevel.info, text)
  },
  group(...args: unknown[]): void {
    if (args.length > 0) write(logLevel.info, args)
    indent = min(indent + groupIndent, maxIndent)
  },
  groupCollapsed(...args: unknown[]): void {
    console.group(...args)
  },
  groupEnd(): void {
    indent = max(indent - groupIndent, 0)
  },
  clear(): void {
    indent = 0
  },
}

// A namespace of Web IDL is tagged, and inherits from an empty object.
defineProperty(console, toStringTag, {
  __proto__: null,
  value: 'console',
  configurable: true,
} as PropertyDescriptor)
setPrototypeOf(console, {})
