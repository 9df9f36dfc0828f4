import type { AliasTargets } from '../model/alias.ts'
import type { AliasRecord, FunctionRecord } from '../model/function.ts'
import {
  type LayerReference,
  type LayerVersion,
  parseLayerReference,
  type ResolvedLayer,
} from '../model/layer.ts'
import { checkName, isName } from '../model/name.ts'
import type { RouteEntry } from '../model/route.ts'
import type { VersionId, VersionManifest } from '../model/version.ts'
import { removeAlias, rollback, setAlias } from './alias-changes.ts'
import { deploy, removeFunction, upload } from './function-changes.ts'
import { publishLayer, removeLayer, requireLayer } from './layer-changes.ts'
import { LayerHolders } from './layer-holders.ts'
import type { Change, LayerContent, PublishedVersion, Registry, Upload } from './registry.ts'
import { RegistryDraft } from './registry-draft.ts'
import type { CleanableArtifacts } from './store/artifact-store.ts'
import { openStore, type Store } from './store/store.ts'
import { createStore } from './store/store-creation.ts'
import type { Table } from './store/table.ts'
import { openTables, readRevision, type Tables, versionsRange } from './store/tables.ts'
import { publish, removeVersion } from './version-changes.ts'

/** How long garbage stays: longer than a deploy takes from its artifacts to its transaction, or a worker to hear of it. */
const garbageAgeMs = 10 * 60 * 1000

export interface RegistryOptions {
  readonly dataDir: string
  /** Where the versions' artifacts are; garbage is removed from it. */
  readonly artifacts: CleanableArtifacts
  /** Milliseconds since 1970; also decides what is garbage. */
  readonly clock: () => number
}

export interface EmbeddedRegistry extends Registry {
  /**
   * For when a process that read the registry died: until then the store keeps what it may have been reading. Returns how
   * many readers were forgotten.
   */
  releaseDeadReaders(): number
}

/**
 * Opens the registry of a data directory, and makes it if there is none. At most one process may have it open.
 *
 * @throws IsoletteError `data_format`, `data_damaged`, `storage_full`
 */
export async function openRegistry(options: RegistryOptions): Promise<EmbeddedRegistry> {
  await createStore(options.dataDir)
  const store = openStore(options.dataDir, 'write')
  return new LmdbRegistry(store, options)
}

class LmdbRegistry implements EmbeddedRegistry {
  readonly #store: Store
  readonly #tables: Tables
  readonly #artifacts: CleanableArtifacts
  readonly #clock: () => number
  #revision: number

  constructor(store: Store, { artifacts, clock }: RegistryOptions) {
    this.#store = store
    this.#tables = openTables(store)
    this.#artifacts = artifacts
    this.#clock = clock
    this.#revision = readRevision(this.#tables)
  }

  get revision(): number {
    return this.#revision
  }

  upload(uploaded: Upload): Promise<Change<FunctionRecord>> {
    return this.#change((draft) => upload(draft, uploaded))
  }

  publish(functionName: string): Promise<Change<PublishedVersion & { readonly unchanged: boolean }>> {
    return this.#change((draft) => publish(draft, functionName))
  }

  deploy(
    uploaded: Upload,
    options: { readonly publish: boolean; readonly force: boolean },
  ): ReturnType<Registry['deploy']> {
    return this.#change((draft) => deploy(draft, uploaded, options))
  }

  setAlias(functionName: string, alias: string, targets: AliasTargets): Promise<Change<AliasRecord>> {
    return this.#change((draft) => setAlias(draft, functionName, alias, targets))
  }

  removeAlias(
    functionName: string,
    alias: string,
    options: { readonly force: boolean },
  ): Promise<Change<null>> {
    return this.#change((draft) => {
      removeAlias(draft, functionName, alias, options)
      return null
    })
  }

  rollback(functionName: string, alias: string): Promise<Change<AliasRecord>> {
    return this.#change((draft) => rollback(draft, functionName, alias))
  }

  removeVersion(
    functionName: string,
    version: number,
    options: { readonly force: boolean },
  ): Promise<Change<null>> {
    return this.#change((draft) => {
      removeVersion(draft, functionName, version, options)
      return null
    })
  }

  removeFunction(functionName: string, options: { readonly force: boolean }): Promise<Change<null>> {
    return this.#change((draft) => {
      removeFunction(draft, functionName, options)
      return null
    })
  }

  async publishLayer(content: LayerContent): Promise<LayerVersion & { readonly unchanged: boolean }> {
    const { value } = await this.#change((draft) => publishLayer(draft, content))
    return value
  }

  async removeLayer(reference: LayerReference, options: { readonly force: boolean }): Promise<void> {
    await this.#change((draft) => removeLayer(draft, reference, options))
  }

  getFunction(functionName: string): FunctionRecord | null {
    return isName(functionName) ? this.#tables.functions.get(functionName) : null
  }

  listFunctions(options: { readonly cursor: string | null; readonly limit: number }): FunctionRecord[] {
    const { cursor, limit } = options
    // No name holds a space, and it sorts before all that a name can go on with.
    const start = cursor === null ? {} : { start: `${checkName('function', cursor)} ` }
    return [...this.#tables.functions.entries({ ...start, limit })].map(({ value }) => value)
  }

  listProvisioned(): FunctionRecord[] {
    return this.#functionsIn(this.#tables.provisioned)
  }

  listTriggered(): FunctionRecord[] {
    return this.#functionsIn(this.#tables.triggered)
  }

  listVersions(functionName: string): PublishedVersion[] {
    if (!isName(functionName)) return []
    const entries = this.#tables.versions.entries(versionsRange(functionName))
    return [...entries].map(({ key: [, version], value }) => ({ functionName, version, ...value }))
  }

  hasVersion(functionName: string, version: number): boolean {
    return isName(functionName) && this.#tables.versions.get([functionName, version]) !== null
  }

  listRoutes({ limit }: { readonly limit: number }): RouteEntry[] {
    const routes: RouteEntry[] = []
    for (const { value } of this.#tables.routes.entries()) {
      routes.push(...value)
      if (routes.length >= limit) break
    }
    return routes.slice(0, limit)
  }

  getManifest(versionId: VersionId): VersionManifest | null {
    return this.#tables.manifests.get(versionId)
  }

  getLayer(reference: LayerReference): LayerVersion {
    return requireLayer(this.#tables, reference)
  }

  listLayers(options: { readonly cursor: LayerReference | null; readonly limit: number }): LayerVersion[] {
    const { cursor, limit } = options
    const start: { start?: [string, number] } =
      cursor === null ? {} : { start: [cursor.name, cursor.version + 1] }
    return [...this.#tables.layers.entries({ ...start, limit })].map(({ value }) => value)
  }

  listLayerHolders(reference: LayerReference, options: { readonly limit: number }): string[] {
    return new LayerHolders(this.#tables).list(reference, options.limit)
  }

  countLayerHolders(reference: LayerReference): number {
    return new LayerHolders(this.#tables).count(reference)
  }

  resolveLayers(references: readonly string[]): ResolvedLayer[] {
    return references.map((reference) => {
      const { index, pack } = requireLayer(this.#tables, parseLayerReference(reference))
      // The layer may be removed before the version that is to hold it is there.
      this.#artifacts.spare([index, pack])
      return { reference, index, pack }
    })
  }

  async collectGarbage(): Promise<number> {
    const beforeMs = this.#clock() - garbageAgeMs
    await this.#change((draft) => draft.uses.deleteUnused(beforeMs))
    return await this.#artifacts.removeUnused({
      isUsed: (digest) => this.#tables.artifactUses.get(digest) !== null,
      putBeforeMs: beforeMs,
    })
  }

  releaseDeadReaders(): number {
    return this.#store.releaseDeadReaders()
  }

  async close(): Promise<void> {
    await this.#store.close()
  }

  #functionsIn(names: Table<number>): FunctionRecord[] {
    return [...names.entries()].flatMap(({ key }) => this.getFunction(key) ?? [])
  }

  async #change<T>(work: (draft: RegistryDraft) => T): Promise<Change<T>> {
    const change = await this.#store.change(() => {
      const draft = new RegistryDraft(this.#tables, this.#clock())
      const value = work(draft)
      return { value, delta: draft.finish() }
    })
    this.#store.refresh()
    this.#revision = Math.max(this.#revision, change.delta?.revision ?? 0)
    return change
  }
}
