import { isDeepStrictEqual } from 'node:util'
import type { AliasTargets } from '../../runtime/model/alias.ts'
import { findAlias, isSplit, pointAlias, rollBackAlias } from '../../runtime/model/alias-record.ts'
import { IsoletteError } from '../../runtime/model/errors.ts'
import type { AliasRecord, FunctionRecord } from '../../runtime/model/function.ts'
import {
  formatLayerReference,
  type LayerReference,
  type LayerVersion,
  parseLayerReference,
} from '../../runtime/model/layer.ts'
import type { RouteEntry } from '../../runtime/model/route.ts'
import type { VersionManifest } from '../../runtime/model/version.ts'
import type {
  Change,
  LayerContent,
  PublishedVersion,
  Registry,
  Upload,
} from '../../runtime/registry/registry.ts'

/** A registry without a disk: as much of the contract as the admin protocol can show. */
export class MemoryRegistry implements Registry {
  revision = 0
  /** Awaited by every change before it begins. */
  gate: Promise<void> = Promise.resolve()
  readonly #records = new Map<string, FunctionRecord>()
  readonly #versions = new Map<string, PublishedVersion[]>()
  readonly #manifests = new Map<string, VersionManifest>()
  readonly #layers = new Map<string, LayerVersion>()

  async upload(upload: Upload): Promise<Change<FunctionRecord>> {
    await this.gate
    this.#manifests.set(upload.manifest.versionId, upload.manifest)
    const before = this.#records.get(upload.name)
    const { settings, routes } = upload
    const changed = { settings, routes, latest: upload.manifest.versionId }
    if (before !== undefined && isDeepStrictEqual({ ...before, ...changed }, before)) {
      return { value: before, delta: null }
    }
    const kept = before ?? { lastVersion: 0, aliases: {}, versionIds: {} }
    return this.#put({ ...kept, ...changed, name: upload.name, revision: 0 })
  }

  async publish(functionName: string): Promise<Change<PublishedVersion & { readonly unchanged: boolean }>> {
    await this.gate
    const record = this.#need(functionName)
    const versions = this.#versions.get(functionName) ?? []
    const known = versions.find(({ versionId }) => versionId === record.latest)
    if (known !== undefined) return { value: { ...known, unchanged: true }, delta: null }
    const version = record.lastVersion + 1
    const published = { functionName, version, versionId: record.latest, publishedAtMs: 1_700_000_000_000 }
    this.#versions.set(functionName, [...versions, published])
    const { delta } = this.#put({ ...record, lastVersion: version })
    return { value: { ...published, unchanged: false }, delta }
  }

  async deploy(upload: Upload, options: { readonly publish: boolean; readonly force: boolean }) {
    const before = this.#records.get(upload.name)
    const live = before === undefined ? null : findAlias(before, 'live')
    if (options.publish && !options.force && live !== null && isSplit(live.targets)) {
      throw new IsoletteError('alias_split', `Cannot move ${upload.name}:live: it is split`)
    }
    const uploaded = await this.upload(upload)
    if (!options.publish) {
      return { value: { record: uploaded.value, version: null, unchanged: false }, delta: uploaded.delta }
    }
    const { value } = await this.publish(upload.name)
    const { delta } = await this.setAlias(upload.name, 'live', [
      { version: value.version, weightUnits: 10_000 },
    ])
    const record = this.#need(upload.name)
    return {
      value: { record, version: value.version, unchanged: value.unchanged },
      delta: delta ?? uploaded.delta,
    }
  }

  async setAlias(functionName: string, alias: string, targets: AliasTargets): Promise<Change<AliasRecord>> {
    await this.gate
    const record = this.#need(functionName)
    for (const { version } of targets) this.#needVersion(functionName, version)
    const before = findAlias(record, alias)
    const value = pointAlias(before, targets)
    if (value === before) return { value, delta: null }
    return { value, delta: this.#put({ ...record, aliases: { ...record.aliases, [alias]: value } }).delta }
  }

  async removeAlias(functionName: string, alias: string): Promise<Change<null>> {
    const record = this.#need(functionName)
    this.#needAlias(record, alias)
    const { [alias]: _, ...aliases } = record.aliases
    return { value: null, delta: this.#put({ ...record, aliases }).delta }
  }

  async rollback(functionName: string, alias: string): Promise<Change<AliasRecord>> {
    const record = this.#need(functionName)
    const value = rollBackAlias(this.#needAlias(record, alias))
    if (value === null) {
      throw new IsoletteError(
        'nothing_to_roll_back',
        `Cannot roll back ${functionName}:${alias}: it never moved`,
      )
    }
    return { value, delta: this.#put({ ...record, aliases: { ...record.aliases, [alias]: value } }).delta }
  }

  async removeVersion(
    functionName: string,
    version: number,
    options: { readonly force: boolean },
  ): Promise<Change<null>> {
    const record = this.#need(functionName)
    this.#needVersion(functionName, version)
    const users = Object.values(record.aliases).filter(({ targets }) =>
      targets.some((target) => target.version === version),
    )
    if (users.length > 0 && !options.force) {
      throw new IsoletteError('in_use', `Cannot remove ${functionName}:${version}: an alias points at it`)
    }
    const rest = this.#versions.get(functionName)!.filter((published) => published.version !== version)
    this.#versions.set(functionName, rest)
    return { value: null, delta: this.#put(record).delta }
  }

  async removeFunction(functionName: string, options: { readonly force: boolean }): Promise<Change<null>> {
    const record = this.#need(functionName)
    if (Object.keys(record.aliases).length > 0 && !options.force) {
      throw new IsoletteError('in_use', `Cannot remove ${functionName}: it has aliases`)
    }
    this.#records.delete(functionName)
    this.revision += 1
    return {
      value: null,
      delta: { revision: this.revision, functions: { [functionName]: null }, routeBuckets: {} },
    }
  }

  getFunction(functionName: string): FunctionRecord | null {
    return this.#records.get(functionName) ?? null
  }

  listFunctions({
    cursor,
    limit,
  }: {
    readonly cursor: string | null
    readonly limit: number
  }): FunctionRecord[] {
    return [...this.#records.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .filter(({ name }) => cursor === null || name > cursor)
      .slice(0, limit)
  }

  listProvisioned(): FunctionRecord[] {
    return []
  }

  listTriggered(): FunctionRecord[] {
    return []
  }

  hasVersion(functionName: string, version: number): boolean {
    return this.listVersions(functionName).some((one) => one.version === version)
  }

  listVersions(functionName: string): PublishedVersion[] {
    return this.#versions.get(functionName) ?? []
  }

  listRoutes({ limit }: { readonly limit: number }): RouteEntry[] {
    return this.listFunctions({ cursor: null, limit })
      .flatMap(({ name, routes }) => routes.map((route) => ({ ...route, functionName: name })))
      .slice(0, limit)
  }

  getManifest(versionId: string): VersionManifest | null {
    return this.#manifests.get(versionId) ?? null
  }

  async publishLayer(content: LayerContent): Promise<LayerVersion & { readonly unchanged: boolean }> {
    const versions = [...this.#layers.values()].filter(({ name }) => name === content.name)
    const known = versions.find(({ index }) => index === content.index)
    if (known !== undefined) return { ...known, unchanged: true }
    const layer = { ...content, version: versions.length + 1, publishedAtMs: 1_700_000_000_000 }
    this.#layers.set(formatLayerReference(layer), layer)
    return { ...layer, unchanged: false }
  }

  async removeLayer(reference: LayerReference, options: { readonly force: boolean }): Promise<void> {
    this.getLayer(reference)
    const versions = this.listLayerHolders(reference, { limit: 1000 })
    const shown = formatLayerReference(reference)
    if (versions.length > 0 && !options.force) {
      throw new IsoletteError('in_use', `Cannot remove layer ${shown}: in use`, { details: { versions } })
    }
    this.#layers.delete(shown)
  }

  getLayer(reference: LayerReference): LayerVersion {
    const shown = formatLayerReference(reference)
    const layer = this.#layers.get(shown)
    if (layer === undefined) throw new IsoletteError('layer_not_found', `Cannot find layer ${shown}`)
    return layer
  }

  listLayers({
    cursor,
    limit,
  }: {
    readonly cursor: LayerReference | null
    readonly limit: number
  }): LayerVersion[] {
    const isAfter = ({ name, version }: LayerReference) =>
      cursor === null || name > cursor.name || (name === cursor.name && version > cursor.version)
    return [...this.#layers.values()]
      .sort((a, b) => (a.name === b.name ? a.version - b.version : a.name < b.name ? -1 : 1))
      .filter(isAfter)
      .slice(0, limit)
  }

  listLayerHolders(reference: LayerReference, { limit }: { readonly limit: number }): string[] {
    const shown = formatLayerReference(reference)
    const holds = (versionId: string) => this.#manifests.get(versionId)!.layers.includes(shown)
    return [...this.#records.values()]
      .flatMap(({ name, latest }) => [
        ...(this.listVersions(name).some(({ versionId }) => versionId === latest)
          ? []
          : [{ label: `${name}:$LATEST`, versionId: latest }]),
        ...this.listVersions(name).map(({ version, versionId }) => ({
          label: `${name}:${version}`,
          versionId,
        })),
      ])
      .filter(({ versionId }) => holds(versionId))
      .map(({ label }) => label)
      .slice(0, limit)
  }

  countLayerHolders(reference: LayerReference): number {
    return this.listLayerHolders(reference, { limit: Number.POSITIVE_INFINITY }).length
  }

  resolveLayers(references: readonly string[]) {
    return references.map((reference) => {
      const { index, pack } = this.getLayer(parseLayerReference(reference))
      return { reference, index, pack }
    })
  }

  async collectGarbage(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {}

  #put(record: FunctionRecord): Change<FunctionRecord> {
    this.revision += 1
    const value = { ...record, revision: this.revision }
    this.#records.set(record.name, value)
    return {
      value,
      delta: { revision: this.revision, functions: { [record.name]: value }, routeBuckets: {} },
    }
  }

  #need(functionName: string): FunctionRecord {
    const record = this.#records.get(functionName)
    if (record !== undefined) return record
    throw new IsoletteError('function_not_found', `Cannot find function ${functionName}`)
  }

  #needAlias(record: FunctionRecord, alias: string): AliasRecord {
    const found = findAlias(record, alias)
    if (found !== null) return found
    throw new IsoletteError('alias_not_found', `Cannot find alias ${record.name}:${alias}`)
  }

  #needVersion(functionName: string, version: number): void {
    if (this.listVersions(functionName).some((published) => published.version === version)) return
    throw new IsoletteError('version_not_found', `Cannot find version ${functionName}:${version}`)
  }
}
