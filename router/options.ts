import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type * as z from 'zod'
import { type EgressCeiling, IsoletteError, type PrewarmSettings } from '../runtime/index.ts'
import { type Configuration, configurationSchema } from './configuration-schema.ts'
import {
  type ConfigurationSource,
  parseConfigurationFile,
  readEnvironment,
  readFlags,
  unknownKey,
} from './configuration-sources.ts'

export { serverFlags } from './configuration-sources.ts'

/** How a server runs: resolved once, complete, all paths absolute. Plain data: workers get it as JSON. */
export interface ServerOptions {
  readonly dataDir: string
  /** 0 = any free port, the same for all workers. */
  readonly port: number
  readonly host: string
  readonly workers: number
  readonly adminSocket: string
  /** Null = no health server over TCP. */
  readonly healthPort: number | null
  /** CIDR ranges or single addresses. */
  readonly trustedProxies: readonly string[]
  /** Stands above what functions say of their outbound requests. */
  readonly egress: EgressCeiling
  /** Isolates of one worker that wait for functions. */
  readonly prewarm: PrewarmSettings
  /** What one worker may use. Over it idle instances make room; far over it, the worker is killed and replaced. */
  readonly memory: { readonly budgetMiB: number }
  readonly log: {
    readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
    /** Successful warm invocations a second that each worker writes. */
    readonly sampleWarmPerSecond: number
  }
}

export interface OptionSources {
  /** By name without dashes; see `serverFlags`. */
  readonly flags: Readonly<Record<string, string | undefined>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The file's text, null if there is none. Default: from disk. */
  readonly readFile?: (path: string) => string | null
  /** Default: this machine, or what its control group grants. */
  readonly machine?: { readonly cores: number; readonly memoryMiB: number }
}

const defaultFile = 'isolette.jsonc'
const defaultPrewarmMax = 16

/** Longest path of a Unix socket: `sun_path` of 108 bytes (104 on macOS) with its final zero. */
const maxSocketPathBytes = process.platform === 'linux' ? 107 : 103

/**
 * Resolves the options of a server: flags over environment (`ISOLETTE_*`) over `isolette.jsonc` over defaults. A
 * relative path begins at `cwd`, in the file at the file's folder.
 *
 * @throws IsoletteError `bad_configuration` in one line: key, source, value, what is allowed
 */
export function resolveOptions(sources: OptionSources): ServerOptions {
  const { cwd, readFile = readFromDisk, machine = thisMachine() } = sources
  const flags = readFlags(sources.flags)
  const environment = readEnvironment(sources.env)

  const named = sources.flags.config ?? (sources.env.ISOLETTE_CONFIG || undefined)
  const path = resolve(cwd, named ?? defaultFile)
  const file = readConfigurationFile(path, named ?? defaultFile, named !== undefined, readFile)

  const merged = structuredClone(file)
  for (const source of [environment, flags]) {
    for (const [key, value] of source.values) setAt(merged, key, value)
  }
  const nameOf = sourceOfKeys([flags, environment], named ?? defaultFile)
  const configuration = check(merged, nameOf)

  const baseOf = (key: string) =>
    flags.values.has(key) || environment.values.has(key) || !(key in file) ? cwd : dirname(path)
  const dataDir = resolve(baseOf('data'), configuration.data)
  const adminSocket =
    configuration.admin === undefined
      ? join(dataDir, 'admin.sock')
      : resolve(baseOf('admin'), configuration.admin)
  checkSocketPath(adminSocket)
  const { prewarm } = configuration
  if (prewarm.max !== undefined && prewarm.max < prewarm.min) {
    const { max, min } = prewarm
    throw bad(
      `Cannot use prewarm.max (${nameOf('prewarm.max')}): ${max}, must be at least prewarm.min, ${min}`,
    )
  }
  const workers = configuration.workers ?? machine.cores

  return {
    dataDir,
    port: configuration.port,
    host: configuration.host,
    workers,
    adminSocket,
    healthPort: configuration.healthPort,
    trustedProxies: configuration.trustedProxies,
    egress: configuration.egress,
    prewarm: { ...prewarm, max: prewarm.max ?? Math.max(defaultPrewarmMax, prewarm.min) },
    memory: {
      budgetMiB:
        configuration.memory.budgetMiB ?? Math.max(64, Math.floor((machine.memoryMiB * 0.6) / workers)),
    },
    log: configuration.log,
  }
}

function readConfigurationFile(
  path: string,
  label: string,
  isRequired: boolean,
  readFile: (path: string) => string | null,
): Record<string, unknown> {
  const text = readFile(path)
  if (text === null) {
    if (!isRequired) return {}
    throw bad(`Cannot read ${label}: no such file, must be a configuration file`)
  }
  const value = parseConfigurationFile(label, text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(`Cannot use ${label}: ${shorten(value)}, must be an object`)
  }
  return value as Record<string, unknown>
}

function setAt(target: Record<string, unknown>, key: string, value: unknown): void {
  const [first = '', second] = key.split('.')
  if (second === undefined) {
    target[first] = value
    return
  }
  const inner = target[first]
  if (typeof inner === 'object' && inner !== null) (inner as Record<string, unknown>)[second] = value
  // Something that is no object stands there in the file: it is left, and refused as what it is.
  else if (inner === undefined) target[first] = { [second]: value }
}

function sourceOfKeys(sources: readonly ConfigurationSource[], file: string) {
  return (key: string) => sources.find((source) => source.values.has(key))?.nameOf(key) ?? file
}

function check(merged: Record<string, unknown>, sourceOf: (key: string) => string): Configuration {
  const result = configurationSchema.safeParse(merged)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const key = [...path, issue.keys[0]].join('.')
    throw unknownKey(`${key} (${sourceOf(key)})`, knownKeys(path[0]))
  }
  // Of a list only the item is shown, but the source is known for the list.
  const key = path.filter((part) => !/^[0-9]+$/.test(part)).join('.')
  const value = path.reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], merged)
  throw bad(`Cannot use ${path.join('.')} (${sourceOf(key)}): ${shorten(value)}, must be ${issue.message}`)
}

function knownKeys(section: string | undefined): string[] {
  const shape: z.ZodRawShape = configurationSchema.shape
  if (section === undefined) return Object.keys(shape).sort()
  const inner = shape[section] as z.ZodPrefault<z.ZodObject>
  return Object.keys(inner.unwrap().shape)
    .map((key) => `${section}.${key}`)
    .sort()
}

function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes > maxSocketPathBytes) {
    throw bad(
      `Cannot use admin: ${JSON.stringify(path)} is ${bytes} bytes, must be at most ${maxSocketPathBytes}, ` +
        'the longest path of a Unix socket; choose a shorter one with --admin',
    )
  }
}

function bad(message: string): IsoletteError {
  return new IsoletteError('bad_configuration', message)
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

function readFromDisk(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new IsoletteError('bad_configuration', `Cannot read ${path}: ${(cause as Error).message}`, {
      cause,
    })
  }
}

function thisMachine(): { cores: number; memoryMiB: number } {
  const granted = process.constrainedMemory()
  const bytes = granted > 0 ? Math.min(granted, totalmem()) : totalmem()
  return { cores: availableParallelism(), memoryMiB: Math.floor(bytes / 1024 ** 2) }
}
