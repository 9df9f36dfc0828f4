import type { AttemptOutcome, DeadLetterReason } from '../model/call.ts'
import type { Branch } from './branch.ts'

/** Counts by bucket and their sum, in the buckets of all durations (`observe/metrics.ts`). */
export interface HistogramCounts {
  readonly counts: readonly number[]
  readonly sumSeconds: number
}

/** Where durations are counted; delivery does not know the buckets. */
export interface DurationCounter {
  observe(ms: number): void
  toData(): HistogramCounts
}

/** What delivery has counted since the supervisor began, but for the last four: these are as they are now. Plain data. */
export interface DeliveryMetrics {
  /** Attempts that ended, whether they counted or not. */
  readonly attempts: Readonly<Partial<Record<AttemptOutcome, number>>>
  readonly decisions: Readonly<Record<Branch, number>>
  /** Calls that became dead letters. */
  readonly deadLetters: Readonly<Partial<Record<DeadLetterReason, number>>>
  readonly redrives: number
  /** Calls that were appended for destinations. */
  readonly destinations: number
  /** Ends that no destination was told of, because its function is gone. */
  readonly lostDestinations: number
  /** Decisions that the log refused: the lease was lost before. The call runs again. */
  readonly lateSettles: number
  readonly attemptDuration: HistogramCounts
  /** Of first attempts: from when they were due until a worker was given them. */
  readonly startLatency: HistogramCounts
  /** Attempts that run now. */
  readonly running: number
  /** Calls whose decision the log has not taken yet. */
  readonly unsettled: number
  /** Those of them that it failed to take, and that are tried again. */
  readonly held: number
  /** Why the log cannot be written, as delivery has seen it; null = it can. */
  readonly failure: string | null
}
