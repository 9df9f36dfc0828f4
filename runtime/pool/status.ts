import type { Digest } from '../model/version.ts'
import type { EvictionReason } from '../observe/metrics.ts'

/** What `isolette ps` shows of one worker. */
export interface WorkerStatus {
  readonly pid: number
  readonly revision: number
  readonly uptimeMs: number
  readonly rssMiB: number
  readonly inFlight: number
  readonly instances: readonly InstanceStatus[]
  /** Isolates that wait for a version: bare ones with the usual memory limit first. */
  readonly prewarm: readonly PrewarmStatus[]
  /** Versions with instances that are kept ready. */
  readonly provisioned: readonly ProvisionStatus[]
  readonly coldStarts: number
  readonly warmStarts: number
  /** Instances that were disposed since the worker began. */
  readonly evictions: Readonly<Record<EvictionReason, number>>
}

/** Isolates of one kind that wait. */
export interface PrewarmStatus {
  /** Digest of the script of layers that they have evaluated; null = they are bare. */
  readonly layerScript: Digest | null
  readonly memoryMiB: number
  readonly ready: number
  readonly wanted: number
}

export interface ProvisionStatus {
  readonly functionName: string
  readonly version: string
  readonly wanted: number
  /** Of these, as many as there are. */
  readonly ready: number
}

export interface InstanceStatus {
  readonly functionName: string
  /** `3` or `$LATEST`. */
  readonly version: string
  readonly ageMs: number
  /** Milliseconds since its last request ended; 0 while it has any. */
  readonly idleMs: number
  readonly inFlight: number
  readonly invocations: number
  readonly heapMiB: number
  /** Estimated, with everything. */
  readonly memoryMiB: number
  /** `initialising` = runs its `init`; `retiring` = finishes what it has, takes nothing new. */
  readonly state: 'initialising' | 'resident' | 'retiring'
  /** Why it is retiring. */
  readonly leaves: EvictionReason | null
}
