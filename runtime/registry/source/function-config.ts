import type * as z from 'zod'
import { IsoletteError } from '../../model/errors.ts'
import type { FunctionSettings, PoolSettings } from '../../model/function.ts'
import { isLayerReference } from '../../model/layer.ts'
import type { Limits } from '../../model/limits.ts'
import type { RoutePattern } from '../../model/route.ts'
import { parseRoutePattern, parseRoutes, type RouteSource } from '../../model/route-pattern.ts'
import type { UnsafeFeatures } from '../../model/version.ts'
import { asyncSettings, findAsyncProblem } from './async-check.ts'
import { findBindingProblem } from './bindings-check.ts'
import type { ConfigProblem } from './config-problem.ts'
import { type FunctionFile, functionSchema } from './function-schema.ts'
import { JsoncDocument } from './jsonc-document.ts'
import { findProvisionProblem } from './provision-check.ts'
import { keysAt } from './schema-keys.ts'
import { findTriggerProblem, readTriggers } from './triggers-check.ts'

/** What a `function.jsonc` says, checked and complete but for what its folder decides. */
export interface FunctionConfig {
  /** Null: the folder's name. */
  readonly name: string | null
  /** Null: the first usual one that there is. */
  readonly main: string | null
  /** Empty: `/<name>` and `/<name>/*`. */
  readonly routes: readonly RoutePattern[]
  readonly settings: FunctionSettings
  readonly limits: Limits
  readonly unsafe: UnsafeFeatures
  readonly env: Readonly<Record<string, string>>
  /** Functions that it may enqueue calls for, by their name in `env`. */
  readonly bindings: Readonly<Record<string, string>>
  readonly layers: readonly string[]
}

/** The name of the file that makes a folder a function. */
export const configFile = 'function.jsonc'

/**
 * Reads the text of a `function.jsonc`.
 *
 * @throws IsoletteError `bad_configuration` in one line, with `details: { file, path, line, column }`
 */
export function parseFunctionConfig(text: string): FunctionConfig {
  const document = new JsoncDocument(configFile, text)
  const result = functionSchema.safeParse(document.value)
  if (!result.success) throw refusal(document, result.error.issues[0]!)
  const file = result.data
  refuseProblem(
    document,
    findBindingProblem(file) ?? findAsyncProblem(file.async) ?? findTriggerProblem(file.triggers),
  )
  return {
    name: file.name ?? null,
    main: file.main ?? null,
    routes: file.routes === undefined ? [] : readRoutes(document, file.routes),
    settings: {
      versionHeader: file.versionHeader,
      exposeErrors: file.exposeErrors,
      pool: readPool(document, file.pool),
      egress: file.egress,
      async: asyncSettings(file.async),
      triggers: readTriggers(file.triggers),
    },
    limits: file.limits,
    unsafe: file.unsafe,
    env: file.env,
    bindings: file.bindings,
    layers: readLayers(document, file.layers),
  }
}

function readLayers(document: JsoncDocument, layers: readonly string[]): readonly string[] {
  layers.forEach((layer, index) => {
    const path = ['layers', index]
    const shown = describe(path, layer)
    if (!isLayerReference(layer))
      throw badValue(document, path, `${shown}, must be a name and a version, like "lodash:1"`)
    if (layers.indexOf(layer) < index) throw badValue(document, path, `${shown}, must be listed once`)
  })
  return layers
}

function readPool(document: JsoncDocument, pool: FunctionFile['pool']): PoolSettings {
  const settings = {
    ...pool,
    reserved: pool.reserved ?? null,
    maxInstances: pool.maxInstances ?? null,
    maxInvocationsPerInstance: pool.maxInvocationsPerInstance ?? null,
  }
  refuseProblem(document, findProvisionProblem(settings))
  return settings
}

function refuseProblem(document: JsoncDocument, found: ConfigProblem | null): void {
  if (found !== null) throw badValue(document, found.path, found.problem, found.key)
}

function readRoutes(
  document: JsoncDocument,
  routes: NonNullable<FunctionFile['routes']>,
): readonly RoutePattern[] {
  const sources = routes.map((route) => (typeof route === 'string' ? route : definedOnly(route)))
  // One after the other first, so that a refusal says which.
  sources.forEach((source, index) => {
    refuseAt(document, ['routes', index], () => parseRoutePattern(source))
  })
  return refuseAt(document, ['routes'], () => parseRoutes(sources))
}

/** A route's type allows a key to be absent, not to be `undefined`. */
function definedOnly(route: object): RouteSource {
  return Object.fromEntries(Object.entries(route).filter(([, value]) => value !== undefined)) as never
}

function refuseAt<T>(document: JsoncDocument, path: ConfigPath, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof IsoletteError) throw badValue(document, path, error.message)
    throw error
  }
}

type ConfigPath = readonly (string | number)[]

function refusal(document: JsoncDocument, issue: z.core.$ZodIssue): IsoletteError {
  const path = issue.path as ConfigPath
  const value = path.reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], document.value)
  switch (issue.code) {
    case 'unrecognized_keys': {
      const problem = `unknown, must be one of ${keysAt(functionSchema, path).join(', ')}`
      return badValue(document, path, problem, issue.keys[0])
    }
    case 'invalid_union': {
      // The branch for objects says which of their keys is wrong.
      const inner = typeof value === 'object' && value !== null ? issue.errors.at(-1)?.[0] : undefined
      if (inner) return refusal(document, { ...inner, path: [...path, ...inner.path] })
      break
    }
    case 'invalid_key':
      return badValue(document, path.slice(0, -1), `must be ${issue.message}`, String(path.at(-1)))
  }
  return badValue(document, path, `${describe(path, value)}, must be ${issue.message}`)
}

/** The value as it stands in the file, but where secrets stand only what it is. */
function describe(path: ConfigPath, value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object') return `an object of ${Object.keys(value).length} keys`
  if (mayBeSecret(path))
    return typeof value === 'string' ? `text of ${Buffer.byteLength(value)} bytes` : `a ${typeof value}`
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

function mayBeSecret([section, inSection]: ConfigPath): boolean {
  return (
    section === 'env' || (section === 'async' && (inSection === 'onSuccess' || inSection === 'onFailure'))
  )
}

function badValue(document: JsoncDocument, path: ConfigPath, problem: string, key?: string): IsoletteError {
  const { line, column } = document.positionOf(path, key)
  const label = pathText(key === undefined ? path : [...path, key])
  const message = `${document.file}: ${label === '' ? '' : `${label}: `}${problem}`
  return new IsoletteError('bad_configuration', message, {
    details: { file: document.file, path: label, line, column },
  })
}

/** `['routes', 0, 'path']` → `routes[0].path` */
function pathText(path: ConfigPath): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part.slice(0, 100)}`))
    .join('')
    .replace(/^\./, '')
}
