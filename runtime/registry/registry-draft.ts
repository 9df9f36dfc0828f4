import { IsoletteError } from '../model/errors.ts'
import { type FunctionRecord, isProvisioned } from '../model/function.ts'
import { isName } from '../model/name.ts'
import type { RouteEntry } from '../model/route.ts'
import { ArtifactUses } from './artifact-uses.ts'
import { LayerHolders } from './layer-holders.ts'
import { ManifestUses } from './manifest-uses.ts'
import type { RegistryDelta } from './registry.ts'
import { replaceRoutes } from './route-changes.ts'
import type { Table } from './store/table.ts'
import { readRevision, type Tables } from './store/tables.ts'

/** One change while its transaction is open: writes what it touches, and remembers it for the workers. */
export class RegistryDraft {
  readonly tables: Tables
  readonly uses: ManifestUses
  readonly artifactUses: ArtifactUses
  readonly layerHolders: LayerHolders
  readonly nowMs: number
  readonly #revision: number
  readonly #functions = new Map<string, FunctionRecord | null>()
  readonly #buckets = new Map<string, readonly RouteEntry[]>()

  constructor(tables: Tables, nowMs: number) {
    this.tables = tables
    this.artifactUses = new ArtifactUses(tables)
    this.layerHolders = new LayerHolders(tables)
    this.uses = new ManifestUses(tables, { artifacts: this.artifactUses, layers: this.layerHolders })
    this.nowMs = nowMs
    this.#revision = readRevision(tables) + 1
  }

  /** Whether the workers have anything to hear of. */
  get hasChanged(): boolean {
    return this.#functions.size > 0 || this.#buckets.size > 0
  }

  getFunction(name: string): FunctionRecord | null {
    return isName(name) ? this.tables.functions.get(name) : null
  }

  /** @throws IsoletteError `function_not_found` */
  requireFunction(name: string): FunctionRecord {
    const record = this.getFunction(name)
    if (record === null) {
      const shown = JSON.stringify(name.slice(0, 100))
      throw new IsoletteError(
        'function_not_found',
        `Cannot find function ${shown}: must be one that was deployed`,
      )
    }
    return record
  }

  putFunction(record: Omit<FunctionRecord, 'revision'>): FunctionRecord {
    const stored = { ...record, revision: this.#revision }
    this.tables.functions.put(record.name, stored)
    const { pool, triggers } = record.settings
    note(this.tables.provisioned, record.name, isProvisioned(pool))
    note(this.tables.triggered, record.name, triggers.length > 0)
    this.#functions.set(record.name, stored)
    return stored
  }

  removeFunction(name: string): void {
    this.tables.functions.remove(name)
    note(this.tables.provisioned, name, false)
    note(this.tables.triggered, name, false)
    this.#functions.set(name, null)
  }

  /** @throws IsoletteError `route_conflict` */
  replaceRoutes(
    functionName: string,
    routes: { readonly old: readonly RouteEntry[]; readonly new: readonly RouteEntry[] },
  ): void {
    const table = this.tables.routes
    for (const [key, entries] of replaceRoutes(functionName, routes, (bucket) => table.get(bucket) ?? [])) {
      if (entries.length > 0) table.put(key, entries)
      else table.remove(key)
      this.#buckets.set(key, entries)
    }
  }

  /** Ends the change; null if the workers have nothing to hear of. */
  finish(): RegistryDelta | null {
    if (!this.hasChanged) return null
    this.tables.meta.put('revision', this.#revision)
    return {
      revision: this.#revision,
      functions: Object.fromEntries(this.#functions),
      routeBuckets: Object.fromEntries(this.#buckets),
    }
  }
}

/** So that who wants functions of one kind need not look through all. */
function note(table: Table<number>, name: string, isOfKind: boolean): void {
  if (isOfKind === (table.get(name) !== null)) return
  if (isOfKind) table.put(name, 1)
  else table.remove(name)
}
