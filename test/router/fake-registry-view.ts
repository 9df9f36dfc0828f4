import type { AliasTargets } from '../../runtime/model/alias.ts'
import { usualAsync } from '../../runtime/model/async-settings.ts'
import type { FunctionRecord, FunctionSettings } from '../../runtime/model/function.ts'
import { usualPool } from '../../runtime/model/function.ts'
import { type Limits, limitBounds } from '../../runtime/model/limits.ts'
import type { Qualifier } from '../../runtime/model/qualifier.ts'
import type { RouteEntry, RouteLookup } from '../../runtime/model/route.ts'
import { RouteMatcher } from '../../runtime/model/route-matcher.ts'
import type { HandlerKind, VersionId, VersionManifest } from '../../runtime/model/version.ts'
import type { RegistryDelta, RegistryView } from '../../runtime/registry/registry.ts'

export interface FakeFunction {
  readonly aliases?: Readonly<Record<string, AliasTargets>>
  readonly settings?: Partial<FunctionSettings>
  readonly limits?: Partial<Limits>
  readonly handlerKind?: HandlerKind
  /** Published versions; default: 1 to 9. */
  readonly versions?: readonly number[]
}

/** A registry of plain objects. */
export class FakeRegistryView implements RegistryView {
  readonly revision = 1
  /** Each manifest that was asked for. */
  readonly read: string[] = []
  /** What `findRoute` throws, if anything. */
  fault: Error | null = null
  readonly #functions = new Map<string, FakeFunction>()
  readonly #records = new Map<string, FunctionRecord>()
  #routes: RouteEntry[] = []

  /** Adds or replaces a function. Each of its routes is `[method, host, path, qualifier]`. */
  add(name: string, fake: FakeFunction, routes: readonly Partial<RouteEntry>[] = []): void {
    this.#functions.set(name, fake)
    const aliases = fake.aliases ?? { live: [{ version: 1, weightUnits: 10_000 }] }
    const settings = {
      versionHeader: false,
      exposeErrors: false,
      async: usualAsync,
      triggers: [],
      pool: { ...usualPool, idleTimeoutMs: 1000 },
      egress: { allow: [], deny: [] },
      ...fake.settings,
    }
    const records = Object.entries(aliases).map(([alias, targets]) => [alias, { targets, history: [] }])
    this.#records.set(name, {
      name,
      revision: this.#records.size + 1,
      settings,
      routes: [],
      latest: `${name}-latest`,
      lastVersion: 9,
      aliases: Object.fromEntries(records),
      versionIds: {},
    })
    this.#routes = this.#routes.filter((route) => route.functionName !== name)
    for (const route of routes) {
      const defaults = { host: null, method: null, path: `/${name}`, qualifier: null }
      this.#routes.push({ ...defaults, ...route, functionName: name })
    }
  }

  apply(_delta: RegistryDelta): void {}

  findRoute(host: string, method: string, path: string): RouteLookup {
    if (this.fault !== null) throw this.fault
    const matcher = new RouteMatcher(
      this.#routes.filter((route) => route.host === null || route.host === host),
    )
    const found = matcher.find(method, path)
    if (found !== null) return found
    const methods = new Set<string>()
    matcher.collectMethods(path, methods)
    return methods.size === 0
      ? { kind: 'not_found' }
      : { kind: 'method_not_allowed', allow: [...methods].sort() }
  }

  getFunction(functionName: string): FunctionRecord | null {
    return this.#records.get(functionName) ?? null
  }

  resolveVersion(record: FunctionRecord, qualifier: Exclude<Qualifier, { kind: 'alias' }>): string | null {
    if (qualifier.kind === 'latest') return record.latest
    const versions = this.#functions.get(record.name)?.versions ?? [1, 2, 3, 4, 5, 6, 7, 8, 9]
    return versions.includes(qualifier.version) ? `${record.name}-${qualifier.version}` : null
  }

  getManifest(versionId: string): VersionManifest {
    this.read.push(versionId)
    const functionName = versionId.slice(0, versionId.lastIndexOf('-'))
    const defaults = Object.entries(limitBounds).map(([key, bound]) => [key, bound.default])
    const limits: Limits = { ...Object.fromEntries(defaults), ...this.#functions.get(functionName)?.limits }
    return {
      versionId,
      bundle: 'b',
      bundleBytes: 1,
      sourceMap: 's',
      handlerKind: this.#functions.get(functionName)?.handlerKind ?? 'fetch',
      limits,
      env: {},
      layers: [],
    }
  }

  mostUsedLayers(): VersionId[] {
    return []
  }

  async close(): Promise<void> {}
}
