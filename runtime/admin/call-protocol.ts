import type {
  Attempt,
  AttemptOutcome,
  CallId,
  CallSource,
  CallState,
  DeadLetterReason,
} from '../model/call.ts'
import type { VersionLabel } from '../model/version.ts'

// What the commands for asynchronous calls answer, as their clients see it. Times are in milliseconds since 1970.

export interface CallSummary {
  readonly id: CallId
  readonly function: string
  /** As it was asked for: an alias, a number, or `$LATEST`. */
  readonly qualifier: string
  /** The one that was picked when it was accepted, or redriven. */
  readonly version: VersionLabel
  /** What its last attempt ran, like `hello:3`; null = nothing. */
  readonly executedVersion: string | null
  readonly state: CallState
  /** Why it is a dead letter; null unless it is one. */
  readonly reason: DeadLetterReason | null
  readonly source: CallSource
  /** What its caller named it. */
  readonly callerId: string | null
  /** The call or invocation that it comes of. */
  readonly parentId: string | null
  /** Calls before it in its chain. */
  readonly depth: number
  readonly enqueuedAtMs: number
  /** When it may be tried next; null unless it waits. */
  readonly dueAtMs: number | null
  readonly endedAtMs: number | null
  /** Attempts that counted. */
  readonly attempts: number
  /** How the last attempt ended, whether it counted or not; null before the first. */
  readonly lastOutcome: AttemptOutcome | null
}

export interface CallAnswer extends CallSummary {
  /** Oldest first; of very many the middle ones are missing. */
  readonly history: readonly Attempt[]
  /** Of calls that succeeded it is not kept: null, or of an HTTP request without headers and body. */
  readonly event: CallEventAnswer | null
  /** Null if there is none. */
  readonly result: CallResultAnswer | null
}

/** JSON as what it is, or its text where it cannot be read as JSON. */
export type JsonAnswer = { readonly json: unknown } | { readonly text: string }

/** As text where it is UTF-8. */
export type BytesAnswer = { readonly text: string } | { readonly base64: string }

export type HeaderPairs = readonly (readonly [name: string, value: string])[]

export type CallEventAnswer =
  | ({ readonly kind: 'direct' } & JsonAnswer)
  | ({ readonly kind: 'scheduled'; readonly cron: string; readonly scheduledAtMs: number } & JsonAnswer)
  | ({ readonly kind: 'post'; readonly destination: 'onSuccess' | 'onFailure' } & JsonAnswer)
  | {
      readonly kind: 'http'
      readonly method: string
      readonly url: string
      readonly headers: HeaderPairs
      readonly body: BytesAnswer | null
      readonly clientAddress: string
    }

export type CallResultAnswer =
  | ({ readonly kind: 'json' } & JsonAnswer)
  | {
      readonly kind: 'http'
      readonly status: number
      readonly headers: HeaderPairs
      readonly body: BytesAnswer | null
    }
  /** It was too large to be kept. */
  | { readonly kind: 'too_large'; readonly bytes: number }

export interface CallList {
  readonly invocations: readonly CallSummary[]
  /** Where the next page begins, null after the last. A page may be short, even empty, and not be the last. */
  readonly cursor: string | null
}

export interface EnqueuedAnswer {
  readonly invocationId: CallId
}

/** `Stopping`: it ran, and was told to end. */
export interface StoppedAnswer {
  readonly invocationId: CallId
  readonly state: 'Stopped' | 'Stopping'
}

export interface RedrivenAnswer {
  readonly invocationId: CallId
}

/** A line of what redriving all dead letters of a function answers: one now and then, the last with `done`. */
export interface RedriveLine {
  readonly redriven: number
  /** Those that were something else meanwhile. */
  readonly skipped: number
  readonly done: boolean
}

export interface PurgedAnswer {
  readonly purged: number
}

export interface PausedAnswer {
  readonly function: string
  readonly paused: boolean
}

/** What the retry log says about itself. */
export interface RetryLogAnswer {
  /** Why it cannot be written; null = it can. */
  readonly failure: string | null
  /** Calls that have not ended, over all functions. */
  readonly waiting: number
  readonly running: number
  /** How long the oldest has been due that waits. */
  readonly oldestDueMs: number
  readonly deadLetters: Readonly<Partial<Record<DeadLetterReason, number>>>
  /** Those with the most calls that have not ended first, paused ones before all; at most 1 000. */
  readonly functions: readonly FunctionQueueAnswer[]
}

export interface FunctionQueueAnswer {
  readonly function: string
  readonly waiting: number
  readonly running: number
  readonly oldestDueMs: number
  readonly paused: boolean
}
