import type { Call, CallId, CallResult } from '../model/call.ts'
import type { AttemptContext, LogLine } from '../model/invocation.ts'
import type { GuestError, OutcomeKind } from '../model/outcome.ts'

/** One attempt to run a call. */
export interface Delivery {
  readonly call: Call
  readonly attempt: AttemptContext
}

/** How an attempt ended, as the process says that ran it; plain data. */
export type AttemptResult =
  | {
      readonly kind: 'ran'
      readonly executedVersion: string | null
      readonly outcome: OutcomeKind
      readonly error: GuestError | null
      readonly message: string | null
      /** What it answered; null unless the outcome is `ok`. */
      readonly result: CallResult | null
      /** From the answer's `Retry-After`; null = none. */
      readonly retryAfterMs: number | null
      readonly startedAtMs: number
      readonly durationMs: number
      readonly logLines: readonly LogLine[]
    }
  /** Nothing to run: the function, version or alias is gone (`function_gone`), or the destination. */
  | { readonly kind: 'gone'; readonly reason: 'function_gone' | 'destination_gone'; readonly message: string }
  /** The process died. `isToBlame`: on account of this call's version, as far as can be known. */
  | { readonly kind: 'lost'; readonly isToBlame: boolean; readonly executedVersion: string | null }
  /** No process took it: it did not begin. */
  | { readonly kind: 'refused' }

/** Runs attempts somewhere: the workers. */
export interface CallRunner {
  /** How many more it takes now. */
  readonly room: number
  /** Calls `listener` when there is room again after there was none. */
  onRoom(listener: () => void): void
  /** Settles once, never rejects. What is given in one turn may go to the same worker in one message. */
  run(delivery: Delivery): Promise<AttemptResult>
  /** The call is to end: its signal aborts, and after 5 s its instance is disposed; `run` then settles as `canceled`. */
  stop(callId: CallId): void
}
