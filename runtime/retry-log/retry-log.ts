import type {
  Call,
  CallEnd,
  CallId,
  CallProgress,
  CallState,
  CallStatus,
  DeadLetterReason,
} from '../model/call.ts'

/** What is to be appended. Id and time are given by the log. */
export interface NewCall extends Omit<Call, 'id' | 'enqueuedAtMs' | 'ageFromMs'> {
  /** From now until it is due; at most `fixedLimits.maxDelayMs`. */
  readonly delayMs: number
}

export type Appended =
  | { readonly kind: 'appended'; readonly id: CallId; readonly enqueuedAtMs: number }
  /** The function has a call that its caller gave the same id. Nothing was appended. */
  | { readonly kind: 'duplicate'; readonly id: CallId }

/** How far a trigger has come. It is kept beside the calls, so that it and a firing can be written as one. */
export interface TriggerMark {
  readonly functionName: string
  /** See `triggerKey`. */
  readonly key: string
  /** The latest of its times that is dealt with, or when it began, by the machine's clock. */
  readonly untilMs: number
  /** The latest of its times that was fired; null = none. */
  readonly firedAtMs: number | null
}

/** What every process may do that accepts calls: it never waits for a lock that a process with guest code holds. */
export interface CallAppender {
  /**
   * Resolves when the call is on disk: from then on it is run, or kept, whatever becomes of any process. Calls that are
   * appended in one turn of the event loop share one commit. With a `callerId` that the function has a call of, until
   * that call's record is removed, nothing is appended. Of the call's bytes there is a copy when this returns.
   *
   * @throws IsoletteError `retry_log_unavailable` if the disk does not take it; nothing was appended then
   */
  append(call: NewCall): Promise<Appended>
  /** Null if no such call is known. What was appended and not answered yet may or may not be found. */
  get(id: CallId): Promise<CallStatus | null>
}

/** The right to say what becomes of one call, until it is said or the lease ends. */
export interface Lease {
  readonly callId: CallId
  /** Never given twice, by no process and no start of one: of two leases on one call only the later one is good. */
  readonly token: string
}

export interface Claimed {
  readonly lease: Lease
  readonly call: Call
  /** With an attempt that does not count for each that was cut because the process which claimed the call ended. */
  readonly progress: CallProgress
  /** It was told to end, by a claim before this one: it is not to be run. */
  readonly isStopping: boolean
}

/** What the log says about itself. */
export interface RetryLogStats {
  /** Calls that have not ended, by function. */
  readonly depth: ReadonlyMap<string, FunctionDepth>
  readonly deadLetters: ReadonlyMap<DeadLetterReason, number>
  /** Why it cannot be written; null = it can. */
  readonly failure: string | null
}

export interface FunctionDepth {
  readonly waiting: number
  readonly running: number
  /** Of the oldest that waits and is due, since it became due; 0 = there is none. */
  readonly oldestDueMs: number
  readonly isPaused: boolean
}

export interface CallFilter {
  readonly functionName?: string
  readonly states?: readonly CallState[]
  /** Enqueued at this time or later. */
  readonly sinceMs?: number
}

export interface CallPage {
  /** Newest first among those that have not ended, then the same among those that have. */
  readonly calls: readonly CallStatus[]
  /** Where the next page begins, null after the last. A page may be short, even empty, and not be the last. */
  readonly cursor: string | null
}

/**
 * The durable log of asynchronous calls, for the one process that says what becomes of them. Everything is asynchronous
 * and by lease, so that a log which lies on other machines can stand here. Each change is one transaction, on disk when its
 * promise resolves; after an exception nothing has changed. Every method may throw IsoletteError `retry_log_unavailable`.
 *
 * Its time (`nowMs`) never jumps, whatever the machine's clock does; leases are measured on it. Calls that were claimed by
 * an earlier start are free again when the log is opened, without having used an attempt: their history says that it was cut.
 */
export interface RetryLog extends CallAppender {
  /** In milliseconds since 1970; never goes back, also not from one start to the next. */
  nowMs(): number
  /** As every process may; `mark` is written in the same transaction, and not at all with a duplicate. */
  append(call: NewCall, mark?: TriggerMark): Promise<Appended>
  /**
   * Takes calls that are due, at most `limit` and fewer if they are large, the oldest of each function first and functions in turn, those that are
   * paused never. `isWanted` is asked before each call is taken. It is on disk that they run when this resolves. A lease ends after
   * `leaseMs`; then the call can be claimed again, as if it had not run.
   */
  claim(
    limit: number,
    leaseMs: (functionName: string) => number,
    isWanted: (functionName: string) => boolean,
  ): Promise<readonly Claimed[]>
  /** When there is next something to claim, in log time: now or earlier = there is; null = nothing waits. */
  nextDueMs(isWanted: (functionName: string) => boolean): number | null
  /** Calls `listener` when something was appended or became free: there may be something to claim. Returns what ends it. */
  onAppended(listener: () => void): () => void
  /** Another process has appended: what is due may have changed. */
  noteAppended(functionName: string, count: number, dueAtMs: number): void
  /** Another process could not write it: so it stands in `stats` until this one can, which is tried now and then. */
  noteFailure(failure: string): void

  /** The lease lasts `leaseMs` from now. False = it was lost before; so it is with the next four. */
  extend(lease: Lease, leaseMs: number): Promise<boolean>
  /**
   * The call has ended, and is known for `keepMs`. `follow` is appended in the same transaction, or nothing at all happens.
   * `deadLetter` is the same for those that failed or expired, and keeps their event.
   */
  complete(lease: Lease, end: CallEnd, keepMs: number, follow: readonly NewCall[]): Promise<boolean>
  deadLetter(lease: Lease, end: CallEnd, keepMs: number, follow: readonly NewCall[]): Promise<boolean>
  /** It is tried again at `dueAtMs` in log time, or after. */
  reschedule(lease: Lease, dueAtMs: number, progress: CallProgress): Promise<boolean>

  /**
   * Ends a call that waits (`stopped`, its record kept for `keepMs`, `follow` appended in the same transaction), or marks one
   * that runs as `stopping` and appends nothing: whoever runs it is to end it, or claims it next.
   * @throws IsoletteError `invocation_not_found`; `invocation_state` if it has ended
   */
  stop(id: CallId, keepMs: number, follow: readonly NewCall[]): Promise<'stopped' | 'stopping'>
  /**
   * Enqueues a call that failed, expired or was stopped anew, under its own id, with all its attempts and its whole age before it
   * (`ageFromMs` is now) and `version` instead of the one it had. Its history stays. @throws IsoletteError `invocation_not_found`, `invocation_state`
   */
  redrive(id: CallId, version: Call['version']): Promise<void>
  /** Forgets a call that has ended. @throws IsoletteError `invocation_not_found`, `invocation_state` */
  remove(id: CallId): Promise<void>
  /** Removes what has been kept for long enough. Resolves with how many calls went; to be called now and then. */
  sweep(): Promise<number>

  /** `limit` at most; `cursor` of the page before, null = the first page. @throws IsoletteError `bad_request` for a cursor that is none */
  list(filter: CallFilter, cursor: string | null, limit: number): Promise<CallPage>
  stats(): RetryLogStats
  /** Calls of a paused function are accepted and wait. Survives restarts. */
  pause(functionName: string): Promise<void>
  resume(functionName: string): Promise<void>
  /** One for each function and key: replaces what was marked before. */
  setTriggerMark(mark: TriggerMark): Promise<void>
  removeTriggerMark(mark: Pick<TriggerMark, 'functionName' | 'key'>): Promise<void>
  /** All there are. */
  listTriggerMarks(): Promise<readonly TriggerMark[]>
  /** How many calls that have not ended are for that version of the function; of all versions if it is null. */
  holds(functionName: string, version: Call['version'] | null): Promise<number>
  /** Whether the call that the function was given by that name has not ended. */
  isOpen(functionName: string, callerId: string): Promise<boolean>
  close(): Promise<void>
}
