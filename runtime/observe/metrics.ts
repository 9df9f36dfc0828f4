import type { CallSource } from '../model/call.ts'
import type { ErrorCode } from '../model/errors.ts'
import type { OutcomeKind } from '../model/outcome.ts'

/** Buckets of every duration histogram, upper bounds in seconds, as Prometheus has them; +Inf is implied. */
export const durationBucketsSeconds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const

/** Counts by bucket (one more than the bounds, the last = +Inf; not cumulative), and the sum in seconds. */
export interface HistogramData {
  readonly counts: readonly number[]
  readonly sumSeconds: number
}

/** Counters of one function version since its worker began. */
export interface VersionMetrics {
  readonly function: string
  readonly version: string
  readonly outcomes: Readonly<Partial<Record<OutcomeKind, number>>>
  readonly cpuSeconds: number
  readonly duration: HistogramData
  readonly coldStart: HistogramData
  readonly queueWait: HistogramData
}

/**
 * Why an instance was disposed: `idle` for its `idleTimeoutMs`; `capacity` = another one needed its place; `memory` = the
 * worker was over its budget; `heap` = it was itself near `limits.memoryMiB`; `invocations` = it had all that it may take
 * (an ephemeral one: its one); `init_failed`; `condemned`; `removed` with its function, or its version was replaced;
 * `retired` with its worker, or after one of its requests overspent.
 */
export type EvictionReason =
  | 'idle'
  | 'capacity'
  | 'memory'
  | 'heap'
  | 'invocations'
  | 'init_failed'
  | 'condemned'
  | 'removed'
  | 'retired'

export const noEvictions: Readonly<Record<EvictionReason, number>> = {
  idle: 0,
  capacity: 0,
  memory: 0,
  heap: 0,
  invocations: 0,
  init_failed: 0,
  condemned: 0,
  removed: 0,
  retired: 0,
}

/** Isolates of one kind that wait. */
export interface PrewarmMetrics {
  /** Digest of the script of layers that they have evaluated; null = they are bare. */
  readonly layerScript: string | null
  readonly memoryMiB: number
  readonly ready: number
}

/** Calls that were to be accepted into the retry log. */
export interface EnqueueMetrics {
  /** By who asked for them. */
  readonly accepted: Readonly<Partial<Record<CallSource, number>>>
  /** By the code of the refusal; `duplicate_invocation` for those that were there already. */
  readonly refused: Readonly<Partial<Record<ErrorCode, number>>>
  /** From asking until it is on disk. */
  readonly latency: HistogramData
}

/** Everything one worker counts; plain data, summed by the supervisor. */
export interface WorkerMetrics {
  readonly versions: readonly VersionMetrics[]
  /** Whether anything runs or waits that somebody wants. */
  readonly isBusy: boolean
  readonly residentInstances: number
  /** What they are estimated to take. */
  readonly instanceMemoryMiB: number
  /** Instances that are to be kept ready. */
  readonly provisionedWanted: number
  /** Of these, as many as there are. */
  readonly provisionedReady: number
  /** Isolates that wait, by kind. */
  readonly prewarm: readonly PrewarmMetrics[]
  readonly coldStarts: number
  readonly warmStarts: number
  readonly evictions: Readonly<Record<EvictionReason, number>>
  /** Requests that were answered before a function was picked, by status: 404, 405, 413. */
  readonly refused: Readonly<Record<string, number>>
  readonly enqueues: EnqueueMetrics
}
