import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { IsoletteError } from '../runtime/index.ts'

/** Every key that a flag or an environment variable may set, and how its text is read. */
const settableKeys = {
  data: 'text',
  port: 'number',
  host: 'text',
  workers: 'number',
  admin: 'text',
  healthPort: 'number',
  trustedProxies: 'list',
  'egress.allow': 'list',
  'egress.deny': 'list',
  'prewarm.min': 'number',
  'prewarm.max': 'number',
  'prewarm.ttlMs': 'number',
  'prewarm.threshold': 'number',
  'prewarm.increment': 'number',
  'memory.budgetMiB': 'number',
  'log.level': 'text',
  'log.sampleWarmPerSecond': 'number',
} as const satisfies Record<string, 'text' | 'number' | 'list'>

type SettableKey = keyof typeof settableKeys

/** Flags that set something, without the dashes: `port`, `health-port`, … All take a value. */
export const serverFlags: readonly string[] = ['config', ...Object.keys(settableKeys).map(flagOf)]

/** `memory.budgetMiB` → `memory-budget-mib` */
function flagOf(key: string): string {
  return key
    .replace('MiB', 'Mib')
    .replaceAll('.', '-')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function variableOf(key: string): string {
  return `ISOLETTE_${flagOf(key).replaceAll('-', '_').toUpperCase()}`
}

/** Values by their key, and where each was said. */
export interface ConfigurationSource {
  readonly values: ReadonlyMap<string, unknown>
  /** For messages: `--port`, `ISOLETTE_PORT`. */
  nameOf(key: string): string
}

/** @throws IsoletteError `bad_configuration` for a flag that there is not */
export function readFlags(flags: Readonly<Record<string, string | undefined>>): ConfigurationSource {
  for (const flag of Object.keys(flags)) {
    if (!serverFlags.includes(flag)) {
      throw unknownKey(
        `--${flag}`,
        serverFlags.map((known) => `--${known}`),
      )
    }
  }
  return { values: readTexts((key) => flags[flagOf(key)]), nameOf: (key) => `--${flagOf(key)}` }
}

/**
 * Reads `ISOLETTE_*`. An empty variable counts as not set: that is how many tools unset one.
 *
 * @throws IsoletteError `bad_configuration` for a variable of that prefix that there is not
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): ConfigurationSource {
  const known = serverFlags.map(variableOf)
  for (const variable of Object.keys(env)) {
    if (!variable.startsWith('ISOLETTE_') || known.includes(variable)) continue
    // Kubernetes gives every container such variables for a service that is called `isolette`.
    if (/^ISOLETTE_(SERVICE|PORT)_/.test(variable)) continue
    throw unknownKey(variable, known)
  }
  return { values: readTexts((key) => env[variableOf(key)] || undefined), nameOf: variableOf }
}

function readTexts(textOf: (key: SettableKey) => string | undefined): Map<string, unknown> {
  const values = new Map<string, unknown>()
  for (const [key, kind] of Object.entries(settableKeys) as [SettableKey, string][]) {
    const text = textOf(key)
    if (text === undefined) continue
    // No text at all is the empty list: `--egress-allow ''`.
    if (kind === 'list') values.set(key, text.trim() === '' ? [] : text.split(',').map((item) => item.trim()))
    // What is no number stays text, so that it is refused as the person wrote it.
    else values.set(key, kind === 'number' && /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : text)
  }
  return values
}

/**
 * Parses the text of a configuration file: JSON with comments and trailing commas.
 *
 * @throws IsoletteError `bad_configuration` with line and column
 */
export function parseConfigurationFile(path: string, text: string): unknown {
  const problems: ParseError[] = []
  const value: unknown = parse(text, problems, { allowTrailingComma: true })
  const [first] = problems
  if (first === undefined) return value
  const before = text.slice(0, first.offset).split('\n')
  const place = `${path}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
  throw new IsoletteError(
    'bad_configuration',
    `Cannot read ${place}: ${printParseErrorCode(first.error)}, must be JSON with comments`,
  )
}

/** The refusal of a name that nothing is called. */
export function unknownKey(name: string, known: readonly string[]): IsoletteError {
  return new IsoletteError(
    'bad_configuration',
    `Cannot use ${name}: unknown, must be one of ${known.join(', ')}`,
    { details: { key: name } },
  )
}
