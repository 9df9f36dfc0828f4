import type { Limits } from '../model/limits.ts'
import type { RouteEntry } from '../model/route.ts'
import type { Digest, HandlerKind, UnsafeFeatures, VersionId, VersionLabel } from '../model/version.ts'
import type { Spread } from './changes.ts'
import type { FleetMember } from './fleet.ts'
import type { ShownSettings } from './shown-settings.ts'

// What the commands answer, as their clients see it. Every answer to a change carries `workers`, which is null if
// nothing changed that workers have to hear of.

/** As people write them: `{ "3": 0.95, "4": 0.05 }`. */
export type Weights = Readonly<Record<string, number>>

export interface AliasAnswer {
  readonly function: string
  readonly alias: string
  readonly weights: Weights
  /** What it pointed at before, newest first. */
  readonly history: readonly Weights[]
}

export interface FunctionSummary {
  readonly name: string
  /** Registry revision of its last change. */
  readonly revision: number
  readonly latest: VersionId
  /** Highest version number ever published, 0 if none. */
  readonly lastVersion: number
  readonly aliases: Readonly<Record<string, Weights>>
  /** Those it answers on, configured or not. */
  readonly routes: readonly RouteEntry[]
}

export interface FunctionPage {
  readonly functions: readonly FunctionSummary[]
  /** Where the next page begins, null after the last. */
  readonly cursor: string | null
}

export interface FunctionDetail extends FunctionSummary {
  readonly settings: ShownSettings
  /** What `$LATEST` is made of. */
  readonly code: VersionContent | null
}

export interface VersionContent {
  readonly handlerKind: HandlerKind
  readonly bundleBytes: number
  readonly limits: Limits
  readonly unsafe: UnsafeFeatures
  /** Names only: values may be nobody's business. */
  readonly envNames: readonly string[]
  /** Functions that it may enqueue calls for, by their name in `env`. */
  readonly bindings: Readonly<Record<string, string>>
  readonly layers: readonly string[]
}

export interface VersionAnswer {
  readonly function: string
  readonly version: number
  readonly versionId: VersionId
  readonly publishedAtMs: number
}

export interface DeploymentAnswer {
  readonly function: string
  readonly versionId: VersionId
  /** Null if it was uploaded and not published. */
  readonly version: number | null
  /** The content is that of a version that was there before. */
  readonly unchanged: boolean
  /** Those it answers on, configured or not. */
  readonly routes: readonly RouteEntry[]
  readonly warnings: readonly string[]
  readonly workers: Spread | null
}

export interface LayerSummary {
  readonly layer: string
  readonly version: number
  /** The same for the same files, wherever they are published. */
  readonly digest: Digest
  readonly files: number
  /** Of all files together. */
  readonly bytes: number
  readonly publishedAtMs: number
  /** How many versions hold it; a `$LATEST` counts if it is not published. */
  readonly usedBy: number
}

export interface LayerPage {
  readonly layers: readonly LayerSummary[]
  /** Where the next page begins, null after the last. */
  readonly cursor: string | null
}

export interface LayerDetail extends LayerSummary {
  /** Versions that hold it, like `hello:3`, or `hello:$LATEST` if it is not published; at most 1 000. */
  readonly holders: readonly string[]
  /** Modules that it wants evaluated in waiting isolates; null: those that functions import. */
  readonly preload: readonly string[] | null
  readonly content: readonly LayerEntry[]
}

export interface LayerEntry {
  /** As functions see it: `/opt/nodejs/node_modules/lodash/lodash.js`. */
  readonly path: string
  readonly bytes: number
}

export interface LayerAnswer extends LayerSummary {
  /** The content is that of a version that was there before. */
  readonly unchanged: boolean
  readonly warnings: readonly string[]
}

/** The files that a version finds under `/opt`. */
export interface MergedFiles {
  readonly function: string
  readonly version: VersionLabel
  readonly layers: readonly string[]
  /** In order of their paths, each with the layer that it is from. */
  readonly content: readonly (LayerEntry & { readonly layer: string })[]
}

export interface RouteList {
  readonly routes: readonly RouteEntry[]
  /** There are more than `limit`. */
  readonly truncated: boolean
}

export interface WorkerList {
  readonly workers: readonly FleetMember[]
  /** Workers that ended unasked and were replaced. */
  readonly restarts: number
}

export interface ServerInfo {
  readonly version: string
  readonly node: string
  readonly pid: number
  readonly uptimeMs: number
  readonly revision: number
  readonly host: string | null
  readonly port: number | null
}

export interface Removed {
  readonly removed: string
  readonly workers: Spread | null
}

/** A line of `/v1/logs` in place of the records that a slow reader missed. The other lines are `InvocationRecord`s. */
export interface DroppedLine {
  readonly dropped: number
}

/** One step of a build that failed, in `details.problems` of `build_failed`. */
export interface BuildProblem {
  readonly file: string
  /** From 1, as is the column; both null where no place is to blame. */
  readonly line: number | null
  readonly column: number | null
  readonly message: string
}
