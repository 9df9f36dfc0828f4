import type { FunctionRecord } from '../../model/function.ts'
import type { LayerVersion } from '../../model/layer.ts'
import type { RouteEntry } from '../../model/route.ts'
import type { Digest, VersionId, VersionManifest } from '../../model/version.ts'
import type { HolderKey } from '../layer-holders.ts'
import type { LayerSetUse } from '../layer-set-uses.ts'
import { completeFunction, completeManifest } from './older-records.ts'
import type { Store } from './store.ts'
import type { Table } from './table.ts'

/** What is kept of a published version besides its key. */
export interface PublishedRecord {
  readonly versionId: VersionId
  readonly publishedAtMs: number
}

/** What workers read. */
export interface ReadTables {
  /** By name. */
  readonly functions: Table<FunctionRecord>
  /** By function name and version number. */
  readonly versions: Table<PublishedRecord, [string, number]>
  readonly manifests: Table<VersionManifest>
  /** By bucket key. */
  readonly routes: Table<readonly RouteEntry[]>
  /** By memory limit, layer script and indexes; see `LayerSetUses`. */
  readonly layerSets: Table<LayerSetUse>
  /** `format` and `revision`. */
  readonly meta: Table<number>
}

/** What only the process that writes needs. */
export interface Tables extends ReadTables {
  /** Number of a function's version by name and version id. */
  readonly numbers: Table<number, [string, VersionId]>
  /** How many versions and `$LATEST`s are of a manifest; a row that would be 0 is in `unused` instead. */
  readonly manifestUses: Table<number>
  /** Since when a manifest has been without use. */
  readonly unused: Table<number>
  /** How many times manifests and layers name an artifact. */
  readonly artifactUses: Table<number, Digest>
  /** Names of the functions that keep instances ready; the values say nothing. */
  readonly provisioned: Table<number>
  /** The same of those that have triggers. */
  readonly triggered: Table<number>
  /** By layer name and version number. */
  readonly layers: Table<LayerVersion, [string, number]>
  /** Number of a layer's version by name and index. */
  readonly layerNumbers: Table<number, [string, Digest]>
  /** Highest number that a layer of the name ever had. */
  readonly lastLayerVersions: Table<number>
  /** The values say nothing. */
  readonly layerHolders: Table<number, HolderKey>
}

export function openReadTables(store: Store): ReadTables {
  return {
    functions: store.openTable('functions', 'object', completeFunction),
    versions: store.openTable('versions', 'object'),
    manifests: store.openTable('manifests', 'object', completeManifest),
    routes: store.openTable('routes', 'object'),
    layerSets: store.openTable('layer-sets', 'object'),
    meta: store.openTable('meta', 'number'),
  }
}

export function openTables(store: Store): Tables {
  return {
    ...openReadTables(store),
    numbers: store.openTable('numbers', 'number'),
    manifestUses: store.openTable('manifest-uses', 'number'),
    unused: store.openTable('unused', 'number'),
    artifactUses: store.openTable('artifact-uses', 'number'),
    provisioned: store.openTable('provisioned', 'number'),
    triggered: store.openTable('triggered', 'number'),
    layers: store.openTable('layers', 'object'),
    layerNumbers: store.openTable('layer-numbers', 'number'),
    lastLayerVersions: store.openTable('last-layer-versions', 'number'),
    layerHolders: store.openTable('layer-holders', 'number'),
  }
}

/** The revision of the newest change, 0 before the first. */
export function readRevision(tables: ReadTables): number {
  return tables.meta.get('revision') ?? 0
}

/** The range of all versions of one function. */
export function versionsRange(functionName: string): { start: [string, number]; end: [string, number] } {
  return { start: [functionName, 0], end: [functionName, Number.POSITIVE_INFINITY] }
}
