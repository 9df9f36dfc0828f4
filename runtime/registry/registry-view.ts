import { LRUCache } from 'lru-cache'
import { IsoletteError } from '../model/errors.ts'
import type { FunctionRecord } from '../model/function.ts'
import { isName } from '../model/name.ts'
import type { Qualifier } from '../model/qualifier.ts'
import type { RouteLookup } from '../model/route.ts'
import type { VersionId, VersionManifest } from '../model/version.ts'
import { LayerSetUses } from './layer-set-uses.ts'
import type { RegistryDelta, RegistryView } from './registry.ts'
import { RouteTable } from './route-table.ts'
import { openStore, type Store } from './store/store.ts'
import { openReadTables, type ReadTables, readRevision } from './store/tables.ts'
import { ViewCache } from './view-cache.ts'

/** Of functions, and of manifests; the others are read again when they are asked for. */
const maxCached = 10_000

/**
 * Opens what a registry holds for a process that only reads it, which may be any number beside the one that writes. The
 * caller feeds it every delta; if one is missing, all is read again.
 *
 * @throws IsoletteError `data_format`, `data_damaged` (also if there is no registry yet)
 */
export function openRegistryView(dataDir: string): RegistryView {
  return new CachedRegistryView(openStore(dataDir, 'read'))
}

class CachedRegistryView implements RegistryView {
  readonly #store: Store
  readonly #tables: ReadTables
  readonly #functions: ViewCache<FunctionRecord | null>
  readonly #routes: RouteTable
  readonly #manifests = new LRUCache<VersionId, VersionManifest>({ max: maxCached })
  /** Versions that no alias names, by the record they were looked up for: a change makes another record. */
  readonly #otherVersions = new WeakMap<FunctionRecord, Map<number, VersionId | null>>()
  #revision: number

  constructor(store: Store) {
    this.#store = store
    this.#tables = openReadTables(store)
    const { functions, routes } = this.#tables
    // What is no name is asked for too: some of those the store cannot take as keys.
    this.#functions = new ViewCache(maxCached, (name) =>
      this.#read(() => (isName(name) ? functions.get(name) : null)),
    )
    this.#routes = new RouteTable({
      readBucket: (key) => this.#read(() => routes.get(key) ?? []),
      hasHost: (host) => {
        store.refresh()
        // All buckets of a host begin with its name and a slash, and '0' comes after '/'.
        return routes.hasAny({ start: `${host}/`, end: `${host}0` })
      },
    })
    this.#revision = readRevision(this.#tables)
  }

  get revision(): number {
    return this.#revision
  }

  apply(delta: RegistryDelta): void {
    if (delta.revision <= this.#revision) return
    if (delta.revision > this.#revision + 1) {
      this.#functions.clear()
      this.#routes.clear()
    }
    for (const [name, record] of Object.entries(delta.functions)) {
      this.#functions.replace(name, { revision: delta.revision, value: record })
    }
    for (const [key, entries] of Object.entries(delta.routeBuckets)) {
      this.#routes.replace(key, { revision: delta.revision, value: entries })
    }
    this.#revision = delta.revision
  }

  findRoute(host: string, method: string, path: string): RouteLookup {
    return this.#routes.find(host, method, path)
  }

  getFunction(functionName: string): FunctionRecord | null {
    return this.#functions.get(functionName)
  }

  resolveVersion(record: FunctionRecord, qualifier: Exclude<Qualifier, { kind: 'alias' }>): VersionId | null {
    if (qualifier.kind === 'latest') return record.latest
    const { version } = qualifier
    return record.versionIds[version] ?? this.#otherVersion(record, version)
  }

  getManifest(versionId: VersionId): VersionManifest {
    let manifest = this.#manifests.get(versionId)
    if (manifest === undefined) {
      this.#store.refresh()
      manifest = this.#tables.manifests.get(versionId) ?? undefined
      if (manifest === undefined) {
        throw new IsoletteError('data_damaged', `Cannot read version ${versionId}: its manifest is gone`, {
          details: { versionId },
        })
      }
      this.#manifests.set(versionId, manifest)
    }
    return manifest
  }

  mostUsedLayers(most: number): VersionId[] {
    this.#store.refresh()
    return new LayerSetUses(this.#tables).mostUsed(most)
  }

  async close(): Promise<void> {
    await this.#store.close()
  }

  #otherVersion(record: FunctionRecord, version: number): VersionId | null {
    let found = this.#otherVersions.get(record)
    if (found === undefined) {
      found = new Map()
      this.#otherVersions.set(record, found)
    }
    let versionId = found.get(version)
    if (versionId === undefined) {
      this.#store.refresh()
      versionId = this.#tables.versions.get([record.name, version])?.versionId ?? null
      found.set(version, versionId)
    }
    return versionId
  }

  /** Reads with the revision that is being read, so that a late delta of an earlier change does not replace it. */
  #read<T>(read: () => T): { readonly revision: number; readonly value: T } {
    this.#store.refresh()
    return { revision: readRevision(this.#tables), value: read() }
  }
}
