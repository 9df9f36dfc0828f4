import type { LogLine } from './invocation.ts'
import type { GuestError, OutcomeKind } from './outcome.ts'
import type { VersionLabel } from './version.ts'

/**
 * An asynchronous invocation, from the moment it is safe on disk until its record is removed. 32 hexadecimal digits:
 * 48 bits of the time it was enqueued at in milliseconds, 16 that tell its function (`callTag`), 64 random ones.
 */
export type CallId = string

/** Where a call is on its way. The words are those of Function Compute's tasks. */
export type CallState =
  /** It waits for its first attempt. */
  | 'Enqueued'
  | 'Running'
  /** It waits for another attempt. */
  | 'Retrying'
  | 'Succeeded'
  /** A dead letter: kept until it is redriven, removed, or its retention ends. */
  | 'Failed'
  /** It runs, and was told to end. */
  | 'Stopping'
  | 'Stopped'
  /** A dead letter that ran out of time: its age passed `maxAgeMs`. */
  | 'Expired'

export const callStates: readonly CallState[] = [
  'Enqueued',
  'Running',
  'Retrying',
  'Succeeded',
  'Failed',
  'Stopping',
  'Stopped',
  'Expired',
]

export type FinalState = Extract<CallState, 'Succeeded' | 'Failed' | 'Stopped' | 'Expired'>

export const finalStates: readonly FinalState[] = ['Succeeded', 'Failed', 'Stopped', 'Expired']

/** Why a call became a dead letter. */
export type DeadLetterReason =
  /** As many attempts failed as it may have. */
  | 'retries_exhausted'
  /** Its age passed `maxAgeMs`. */
  | 'age_exceeded'
  /** What it ran answered that another attempt would change nothing: a status of 4xx but 408 and 429. */
  | 'final_failure'
  /** The function, or the version or alias it was for, is gone. */
  | 'function_gone'
  /** It is deeper in a chain of calls than `fixedLimits.maxCallDepth`. */
  | 'chain_too_deep'
  /** The destination it was for is not configured any more. */
  | 'destination_gone'

/** What a call brings to its function. */
export type CallEvent =
  /** An HTTP request, as it came. */
  | {
      readonly kind: 'http'
      readonly method: string
      readonly url: string
      /** `name\nvalue\n` each. */
      readonly headers: string
      readonly body: Uint8Array | null
      readonly clientAddress: string
    }
  /** An event as JSON text. */
  | { readonly kind: 'direct'; readonly json: string }
  /** A firing of a trigger; `json` is the event that the trigger names. */
  | {
      readonly kind: 'scheduled'
      readonly json: string
      readonly cron: string
      /** The time that its line names, in milliseconds since 1970. */
      readonly scheduledAtMs: number
    }
  /** The end of another call, for the https URL that its function names as destination. Runs no function. */
  | { readonly kind: 'post'; readonly destination: 'onSuccess' | 'onFailure'; readonly json: string }

/** Who asked for it. */
export type CallSource = 'http' | 'admin' | 'enqueue' | 'schedule' | 'destination' | 'redrive'

/** A call, as it is accepted: nothing of it changes afterwards, but what a redrive gives it anew. */
export interface Call {
  readonly id: CallId
  readonly functionName: string
  /** As it was asked for: an alias, a number, or `$LATEST`. */
  readonly qualifier: string
  /** What was picked when it was accepted or redriven. `$LATEST` means whatever that is at each attempt. */
  readonly version: VersionLabel
  readonly event: CallEvent
  /** In log time (see `LogClock`). */
  readonly enqueuedAtMs: number
  /** Its age is counted from here: when it was enqueued, and the delay that was asked for; or when it was redriven. */
  readonly ageFromMs: number
  /** Calls before it in its chain; 0 = nobody's. */
  readonly depth: number
  readonly source: CallSource
  /** The call or invocation that it comes of; null = none. */
  readonly parentId: string | null
  /** What its caller named it, so that the same again is known as such; null = nothing. */
  readonly callerId: string | null
}

/** What came of an attempt: an outcome, or one of these. */
export type AttemptOutcome =
  | OutcomeKind
  /** An HTTP function answered with a status that is a failure. */
  | 'failed_status'
  /** The version brought its worker down. */
  | 'crashed'

export interface Attempt {
  /** Counted from 1; one that does not count has the number of the next that does. */
  readonly number: number
  /** Whether it used up one of `maxAttempts`. */
  readonly counts: boolean
  readonly startedAtMs: number
  readonly durationMs: number
  /** What ran, like `hello:3`; null if nothing could be picked. */
  readonly executedVersion: string | null
  readonly outcome: AttemptOutcome
  /** HTTP status that the function (or a destination's URL) answered; null if there was none. */
  readonly status: number | null
  /** Cut to `fixedLimits.maxAttemptErrorBytes`. */
  readonly error: GuestError | null
  /** Why, where it was not the guest's exception. */
  readonly message: string | null
  /** The last ones, within `fixedLimits.maxAttemptLogBytes`. */
  readonly logLines: readonly LogLine[]
}

/** How far a call has come that has not ended. */
export interface CallProgress {
  /** Attempts that counted. */
  readonly attempts: number
  /** Attempts in a row that did not: throttled, overloaded and the like. They decide how long to wait. */
  readonly setbacks: number
  /** Oldest first; at most `fixedLimits.maxAttemptHistory`, the middle ones go. */
  readonly history: readonly Attempt[]
}

export const noProgress: CallProgress = { attempts: 0, setbacks: 0, history: [] }

/** What a call's function answered. */
export type CallResult =
  /** JSON text. */
  | { readonly kind: 'json'; readonly json: string }
  | {
      readonly kind: 'http'
      readonly status: number
      /** Names (lower case) and values in turn. */
      readonly headers: readonly string[]
      readonly body: Uint8Array | null
    }
  /** It was over `fixedLimits.maxAsyncBytes`, and is not kept. */
  | { readonly kind: 'too_large'; readonly bytes: number }

/** How a call ended. */
export interface CallEnd {
  readonly state: FinalState
  /** Of those that failed or expired, also if a destination took that over; else null. */
  readonly reason: DeadLetterReason | null
  readonly endedAtMs: number
  readonly progress: CallProgress
  readonly result: CallResult | null
}

/** A call with all that is known of it. */
export interface CallStatus {
  readonly call: Call
  readonly state: CallState
  readonly progress: CallProgress
  /** When it may be tried next, in log time; null unless it waits. */
  readonly dueAtMs: number | null
  /** Null until it has ended. */
  readonly end: CallEnd | null
}
