import type { FunctionSettings } from '../model/function.ts'
import type { Limits } from '../model/limits.ts'
import type { RouteEntry } from '../model/route.ts'
import type { HandlerKind, UnsafeFeatures, VersionId } from '../model/version.ts'
import type { Spread } from './changes.ts'
import type { FleetMember } from './fleet.ts'

// What the commands answer, as their clients see it. Every answer to a change carries `workers`, which is null if
// nothing changed.

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
  readonly settings: FunctionSettings
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
