import type { AliasTargets } from '../model/alias.ts'
import type { AliasRecord, FunctionRecord, FunctionSettings, VersionEntry } from '../model/function.ts'
import type { LayerReference, LayerVersion, ResolvedLayer } from '../model/layer.ts'
import type { Qualifier } from '../model/qualifier.ts'
import type { RouteEntry, RouteLookup, RoutePattern } from '../model/route.ts'
import type { Digest, VersionId, VersionManifest } from '../model/version.ts'

/** What an upload brings, checked and stored as artifacts already. */
export interface Upload {
  readonly name: string
  readonly settings: FunctionSettings
  readonly routes: readonly RoutePattern[]
  readonly manifest: VersionManifest
}

export interface PublishedVersion {
  readonly functionName: string
  readonly version: number
  readonly versionId: VersionId
  readonly publishedAtMs: number
}

/** What a layer brings, checked and stored as artifacts already. */
export type LayerContent = Omit<LayerVersion, 'version' | 'publishedAtMs'>

/** What one change touched, sent to every worker. Values replace what the worker holds; null removes. */
export interface RegistryDelta {
  readonly revision: number
  readonly functions: Readonly<Record<string, FunctionRecord | null>>
  /** Route buckets by their key, each whole. */
  readonly routeBuckets: Readonly<Record<string, readonly RouteEntry[]>>
}

/** A change's answer with the delta that carries it to the workers; `delta` is null if nothing changed. */
export interface Change<T> {
  readonly value: T
  readonly delta: RegistryDelta | null
}

/**
 * What is deployed, for the supervisor: the only process that changes it. Each change is one transaction and resolves
 * when it is on disk; a change that throws has changed nothing. `storage_full` when the disk takes no more.
 */
export interface Registry {
  readonly revision: number

  /** Makes the upload `$LATEST` of its function, creating the function and its routes, or replacing settings and routes.
   * @throws IsoletteError `route_conflict` naming both routes, `in_use` */
  upload(upload: Upload): Promise<Change<FunctionRecord>>
  /** Gives `$LATEST` the next version number; unchanged content returns the number it has.
   * @throws IsoletteError `function_not_found` */
  publish(functionName: string): Promise<Change<PublishedVersion & { readonly unchanged: boolean }>>
  /** `upload`, `publish` and pointing `live` at the version, in one transaction. With `publish: false` stops after the
   * upload. Refused with `alias_split` while `live` is split between versions, unless `force`. */
  deploy(
    upload: Upload,
    options: { readonly publish: boolean; readonly force: boolean },
  ): Promise<
    Change<{ readonly record: FunctionRecord; readonly version: number | null; readonly unchanged: boolean }>
  >
  /** Points an alias at published versions.
   * @throws IsoletteError `function_not_found`, `version_not_found`, `bad_name` */
  setAlias(functionName: string, alias: string, targets: AliasTargets): Promise<Change<AliasRecord>>
  /** @throws IsoletteError `alias_not_found`, `in_use` if a route names it and not `force` */
  removeAlias(
    functionName: string,
    alias: string,
    options: { readonly force: boolean },
  ): Promise<Change<null>>
  /** Restores the alias's previous record. @throws IsoletteError `alias_not_found`, `nothing_to_roll_back` */
  rollback(functionName: string, alias: string): Promise<Change<AliasRecord>>
  /** @throws IsoletteError `version_not_found`; `in_use` if an alias points at it (weight 0 included) and not `force` */
  removeVersion(
    functionName: string,
    version: number,
    options: { readonly force: boolean },
  ): Promise<Change<null>>
  /** Removes the function with versions, aliases and routes.
   * @throws IsoletteError `function_not_found`; `in_use` while an alias or a configured route needs it and not `force` */
  removeFunction(functionName: string, options: { readonly force: boolean }): Promise<Change<null>>

  /** Gives a layer's content the next number of its name; content that has a number under this name keeps it.
   * @throws IsoletteError `bad_name` */
  publishLayer(content: LayerContent): Promise<LayerVersion & { readonly unchanged: boolean }>
  /** Takes the name away; versions that hold the layer keep what it holds, and its number is never used again.
   * @throws IsoletteError `layer_not_found`; `in_use` naming the versions that hold it and not `force` */
  removeLayer(reference: LayerReference, options: { readonly force: boolean }): Promise<void>

  getFunction(functionName: string): FunctionRecord | null
  /** In order of name, from after `cursor`; at most `limit`. */
  listFunctions(options: { readonly cursor: string | null; readonly limit: number }): FunctionRecord[]
  /** Those whose settings ask for instances that are kept ready, in order of name. */
  listProvisioned(): FunctionRecord[]
  /** Those that have triggers, in order of name. */
  listTriggered(): FunctionRecord[]
  listVersions(functionName: string): PublishedVersion[]
  hasVersion(functionName: string, version: number): boolean
  listRoutes(options: { readonly limit: number }): RouteEntry[]
  getManifest(versionId: VersionId): VersionManifest | null
  /** @throws IsoletteError `layer_not_found` */
  getLayer(reference: LayerReference): LayerVersion
  /** In order of name and number, from after `cursor`; at most `limit`. */
  listLayers(options: { readonly cursor: LayerReference | null; readonly limit: number }): LayerVersion[]
  /** Versions that hold a layer, in order: `hello:3`, and `hello:$LATEST` if it is not published; at most `limit`. */
  listLayerHolders(reference: LayerReference, options: { readonly limit: number }): string[]
  countLayerHolders(reference: LayerReference): number
  /** What layers are called, by content. @throws IsoletteError `bad_name`, `layer_not_found` */
  resolveLayers(references: readonly string[]): ResolvedLayer[]
  /** Deletes artifacts and manifests that nothing has referred to for ten minutes. Returns how many files went. */
  collectGarbage(): Promise<number>
  close(): Promise<void>
}

/**
 * What is deployed, for a worker: an immutable view that moves forward by deltas. Records are read from the store when
 * first asked for, so a start costs the same for ten functions and for 100 000.
 */
export interface RegistryView {
  readonly revision: number
  /** Applies a change; what a running request holds stays as it was. Older changes than what is held are passed over. */
  apply(delta: RegistryDelta): void
  findRoute(host: string, method: string, path: string): RouteLookup
  getFunction(functionName: string): FunctionRecord | null
  /** The version a number or `$LATEST` names, null if there is none. An alias is picked with `pickVersion`, not here. */
  resolveVersion(record: FunctionRecord, qualifier: Exclude<Qualifier, { kind: 'alias' }>): VersionId | null
  /** @throws IsoletteError `data_damaged` if the manifest is gone */
  getManifest(versionId: VersionId): VersionManifest
  /**
   * Of each kind of layers that waiting isolates evaluate a version that has them, at most so many: those of most versions
   * first. Manifests of some may be gone.
   */
  mostUsedLayers(most: number): VersionId[]
  close(): Promise<void>
}

/** Content-addressed files, written temp → fsync → rename → fsync of the folder. */
export interface ArtifactStore {
  /** Resolves with the digest when the bytes are on disk. @throws IsoletteError `storage_full` */
  put(bytes: Uint8Array): Promise<Digest>
  /** Makes an artifact of a file in a temporary folder of this store, without holding its bytes: the file moves. Resolves
   * with the digest when it is on disk. @throws IsoletteError `storage_full` */
  adopt(file: string): Promise<Digest>
  /** A folder on the disk of the artifacts, for files to adopt; what is left in it goes when it is disposed. */
  makeTemporaryFolder(): Promise<TemporaryFolder>
  /** Reads and verifies. @throws IsoletteError `data_damaged` naming the digest if it is missing or does not match */
  read(digest: Digest): Buffer
  remove(digest: Digest): Promise<void>
  list(): AsyncIterable<Digest>
}

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string
}

export type { VersionEntry }
