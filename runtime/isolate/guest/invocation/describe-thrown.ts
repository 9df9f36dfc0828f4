import { stringSlice } from '../primordials.ts'

/** What was thrown, as text alone. */
export interface ThrownText {
  readonly name: string
  readonly message: string
  readonly stack: string
}

const maxNameUnits = 256
const maxMessageUnits = 8 * 1024
const maxStackUnits = 32 * 1024

/**
 * Reads a thrown value that may be anything: its properties may be getters or a Proxy's traps, which run the guest's
 * code, throw, or answer something else each time. Never throws.
 */
export function describeThrown(thrown: unknown): ThrownText {
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null) {
    const message = cut(inspectSafely(thrown), maxMessageUnits)
    return { name: 'Error', message, stack: `Uncaught ${message}` }
  }
  const name = readText(thrown, 'name', maxNameUnits) ?? 'Error'
  const message = readText(thrown, 'message', maxMessageUnits) ?? cut(inspectSafely(thrown), maxMessageUnits)
  const stack = readText(thrown, 'stack', maxStackUnits) ?? `${name}: ${message}`
  return { name, message, stack }
}

function readText(object: object, key: string, maxUnits: number): string | null {
  try {
    const value = (object as Record<string, unknown>)[key]
    return typeof value === 'string' ? cut(value, maxUnits) : null
  } catch {
    return null
  }
}

export function inspectSafely(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return require('../console/inspect.ts').inspect(value)
  } catch {
    return 'a value that cannot be shown'
  }
}

function cut(text: string, maxUnits: number): string {
  return text.length <= maxUnits ? text : stringSlice(text, 0, maxUnits)
}
