import type { CallEvent, CallId, CallSource, CallState, CallStatus } from '../model/call.ts'
import type { Enqueued } from '../model/enqueue.ts'
import type { VersionLabel } from '../model/version.ts'
import type { CallFilter, CallPage, RetryLogStats } from '../retry-log/retry-log.ts'
import type { DeliveryMetrics } from './delivery-metrics.ts'

export interface EnqueueOptions {
  readonly source: Extract<CallSource, 'admin' | 'schedule'>
  readonly delayMs: number
  /** Names the call, so that the same again is known as such; null = nothing. */
  readonly callerId: string | null
}

/** Which of the calls that have ended. */
export interface EndedFilter {
  /** Left out: of all functions. */
  readonly functionName?: string
  /** Of states that are final. */
  readonly states: readonly CallState[]
}

/** How far a change of many calls has come. */
export interface BulkProgress {
  readonly changed: number
  /** Those that were not in a state for it any more when it came to them. */
  readonly skipped: number
}

/**
 * What people and schedules may do with asynchronous calls. Whatever touches the log may throw IsoletteError
 * `retry_log_unavailable`, but for `enqueue`, which never rejects.
 */
export interface CallControl {
  /**
   * Accepts a call; resolves when it is on disk, or refused: `function_not_found`, `version_not_found`, `alias_not_found`,
   * `bad_qualifier`, `payload_too_large`, `bad_request`, `queue_full`, `retry_log_unavailable`. `qualifier` as
   * `parseQualifier` takes it.
   */
  enqueue(
    functionName: string,
    qualifier: string,
    event: CallEvent,
    options: EnqueueOptions,
  ): Promise<Enqueued>
  get(id: CallId): Promise<CallStatus | null>
  /** See `RetryLog.list`. */
  list(filter: CallFilter, cursor: string | null, limit: number): Promise<CallPage>
  /**
   * The call as it is when it has ended, or after `timeoutMs` or when `signal` aborts if it has not by then; null if no
   * such call is known. Costs nothing while it waits.
   */
  waitForEnd(id: CallId, timeoutMs: number, signal: AbortSignal): Promise<CallStatus | null>
  /**
   * Ends a call: at once if it waits (`stopped`), else its signal aborts and its instance goes after 5 s (`stopping`).
   * @throws IsoletteError `invocation_not_found`, `invocation_state`
   */
  stop(id: CallId): Promise<'stopped' | 'stopping'>
  /**
   * Enqueues a call that failed, expired or was stopped anew, with the version that its qualifier names now.
   * @throws IsoletteError `invocation_not_found`, `invocation_state`, and what a qualifier can be refused for
   */
  redrive(id: CallId): Promise<void>
  /** The same for all of these, page by page, until `signal` aborts; `onPage` is told after each how far it has come. */
  redriveAll(
    filter: EndedFilter,
    onPage: (progress: BulkProgress) => void,
    signal: AbortSignal,
  ): Promise<BulkProgress>
  /** Forgets a call that has ended. @throws IsoletteError `invocation_not_found`, `invocation_state` */
  remove(id: CallId): Promise<void>
  purge(
    filter: EndedFilter,
    onPage: (progress: BulkProgress) => void,
    signal: AbortSignal,
  ): Promise<BulkProgress>
  /** Calls of a paused function are accepted and wait; what runs goes on. Survives restarts. */
  pause(functionName: string): Promise<void>
  resume(functionName: string): Promise<void>
  /** See `RetryLog.holds`. */
  holds(functionName: string, version: VersionLabel | null): Promise<number>
  stats(): RetryLogStats
  metrics(): DeliveryMetrics
}
