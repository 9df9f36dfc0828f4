import type { AliasTargets } from './alias.ts'
import type { AsyncSettings, Trigger } from './async-settings.ts'
import type { EgressSettings } from './egress.ts'
import type { RoutePattern } from './route.ts'
import type { VersionId } from './version.ts'

/** What belongs to the function and not to a version: it changes at once, for all versions. */
export interface FunctionSettings {
  /** Whether `x-isolette-version` may ask for a version that the alias routes to. */
  readonly versionHeader: boolean
  /** Whether an exception's message and stack are sent to the client. */
  readonly exposeErrors: boolean
  readonly pool: PoolSettings
  readonly egress: EgressSettings
  readonly async: AsyncSettings
  readonly triggers: readonly Trigger[]
}

/** Whether an instance stays after an invocation, or each invocation gets a fresh one. */
export type ProcessModel = 'resident' | 'ephemeral'

export interface PoolSettings {
  readonly model: ProcessModel
  /** Requests at once in one instance (1–1000; 1 = Lambda's model). Without meaning for `ephemeral`. */
  readonly concurrency: number
  /** An instance without a request for this long is evicted. */
  readonly idleTimeoutMs: number
  /** Most requests at once over all workers; null = no cap, 0 = the function is blocked. */
  readonly reserved: number | null
  /** Most instances over all workers; null = no cap but the workers' own. */
  readonly maxInstances: number | null
  /** An instance that has begun so many takes no more; null = no cap. */
  readonly maxInvocationsPerInstance: number | null
  /** Instances kept ready over all workers, by qualifier: an alias or a version number. */
  readonly provisioned: Readonly<Record<string, number>>
  /** From each time a line names, its figures replace those of `provisioned` for what it lists, until another does. */
  readonly schedule: readonly ScheduledProvision[]
}

export interface ScheduledProvision {
  /** Five or six fields. */
  readonly cron: string
  /** IANA name. */
  readonly timezone: string
  readonly provisioned: Readonly<Record<string, number>>
}

/** Whether instances of the function may have to be kept ready, now or later. */
export function isProvisioned({ provisioned, schedule }: PoolSettings): boolean {
  return schedule.length > 0 || Object.keys(provisioned).length > 0
}

/** What a function has that says nothing else. */
export const usualPool: PoolSettings = {
  model: 'resident',
  concurrency: 100,
  idleTimeoutMs: 300_000,
  reserved: null,
  maxInstances: null,
  maxInvocationsPerInstance: null,
  provisioned: {},
  schedule: [],
}

export interface VersionEntry {
  readonly version: number
  readonly versionId: VersionId
}

export interface AliasRecord {
  readonly targets: AliasTargets
  /** Earlier targets, newest first, at most `fixedLimits.maxAliasHistory`. */
  readonly history: readonly AliasTargets[]
}

/**
 * One function as the registry keeps it and as workers see it: immutable, replaced whole by a change. Its published
 * versions are records of their own (there may be thousands); here stand only those that something points at.
 */
export interface FunctionRecord {
  readonly name: string
  /** Registry revision of the change that made this record. */
  readonly revision: number
  readonly settings: FunctionSettings
  readonly routes: readonly RoutePattern[]
  /** What was uploaded last. */
  readonly latest: VersionId
  /** Highest version number ever published; numbers are never used again. 0 = none yet. */
  readonly lastVersion: number
  readonly aliases: Readonly<Record<string, AliasRecord>>
  /** Version ids of all versions that an alias or its history names, by number. */
  readonly versionIds: Readonly<Record<number, VersionId>>
}
