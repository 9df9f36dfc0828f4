import type { Bound } from './limits.ts'

/** Where the end of a call is told. */
export type Destination =
  /** Another function, as `name` or `name:qualifier`: its event is a record of the call. */
  | { readonly kind: 'function'; readonly reference: string }
  /** An https URL, to which that record is posted, signed with `secret`. */
  | { readonly kind: 'url'; readonly url: string; readonly secret: string }

/** How calls are kept and tried again. Belongs to the function: it changes for all calls at once, waiting ones too. */
export interface AsyncSettings {
  /** Whether HTTP clients may ask for it with `Prefer: respond-async`. */
  readonly http: boolean
  /** Most calls that have not ended. */
  readonly maxQueued: number
  readonly maxAttempts: number
  /** Since it was enqueued; an older call is not begun any more. A delay that was asked for does not count. */
  readonly maxAgeMs: number
  readonly backoff: BackoffSettings
  /** Of one attempt; null = `limits.timeoutMs`. */
  readonly timeoutMs: number | null
  /** `version`: the one that was picked when the call was accepted; `alias`: picked at each attempt. */
  readonly pin: 'version' | 'alias'
  /** Most attempts at once, over all workers. */
  readonly concurrency: number
  readonly onSuccess: Destination | null
  /** Null = failures stay as dead letters. */
  readonly onFailure: Destination | null
  /** How long calls that succeeded or were stopped are known. */
  readonly resultRetentionMs: number
  readonly deadLetterRetentionMs: number
}

export interface BackoffSettings {
  /** Before the second attempt. */
  readonly initialMs: number
  readonly factor: number
  readonly maxMs: number
  /** `full`: between nothing and the whole wait, by chance. */
  readonly jitter: 'full' | 'none'
}

const dayMs = 86_400_000

/** Default and range of each number in `AsyncSettings`. */
export const asyncBounds = {
  maxQueued: { default: 100_000, min: 0, max: 100_000_000 },
  maxAttempts: { default: 3, min: 1, max: 10 },
  maxAgeMs: { default: 21_600_000, min: 60_000, max: 7 * dayMs },
  timeoutMs: { default: 30_000, min: 1, max: 900_000 },
  concurrency: { default: 256, min: 1, max: 10_000 },
  resultRetentionMs: { default: dayMs, min: 0, max: 30 * dayMs },
  deadLetterRetentionMs: { default: 14 * dayMs, min: 60_000, max: 365 * dayMs },
} as const satisfies Record<string, Bound>

export const backoffBounds = {
  initialMs: { default: 60_000, min: 0, max: dayMs },
  factor: { default: 2, min: 1, max: 10 },
  maxMs: { default: 300_000, min: 0, max: dayMs },
} as const satisfies Record<string, Bound>

export const triggerBounds = {
  catchUpMs: { default: 60_000, min: 0, max: 7 * dayMs },
} as const satisfies Record<string, Bound>

/** What a function has that says nothing else. */
export const usualAsync: AsyncSettings = {
  http: false,
  maxQueued: asyncBounds.maxQueued.default,
  maxAttempts: asyncBounds.maxAttempts.default,
  maxAgeMs: asyncBounds.maxAgeMs.default,
  backoff: {
    initialMs: backoffBounds.initialMs.default,
    factor: backoffBounds.factor.default,
    maxMs: backoffBounds.maxMs.default,
    jitter: 'full',
  },
  timeoutMs: null,
  pin: 'version',
  concurrency: asyncBounds.concurrency.default,
  onSuccess: null,
  onFailure: null,
  resultRetentionMs: asyncBounds.resultRetentionMs.default,
  deadLetterRetentionMs: asyncBounds.deadLetterRetentionMs.default,
}

/** A time at which a function is called. */
export interface Trigger {
  /** Five or six fields. */
  readonly cron: string
  /** IANA name. */
  readonly timezone: string
  /** JSON text. */
  readonly eventJson: string
  readonly qualifier: string
  /** Of the firings that were missed within so long, the last is run once. */
  readonly catchUpMs: number
  /** Whether it fires while the call of an earlier firing has not ended. */
  readonly overlap: boolean
}
