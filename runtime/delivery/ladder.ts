import type { AsyncSettings } from '../model/async-settings.ts'
import { addToHistory } from '../model/attempt-history.ts'
import type {
  Attempt,
  Call,
  CallEnd,
  CallProgress,
  CallResult,
  DeadLetterReason,
  FinalState,
} from '../model/call.ts'
import { fixedLimits } from '../model/limits.ts'
import { recordAttempt } from './attempt-record.ts'
import { backoffMs, setbackMs } from './backoff.ts'
import type { Branch } from './branch.ts'
import type { AttemptResult } from './call-runner.ts'
import { judge } from './verdict.ts'

/** A call of which is to be said what becomes of it. */
export interface Situation {
  readonly call: Call
  readonly progress: CallProgress
  /** As they are now; null = its function is gone. */
  readonly settings: AsyncSettings | null
  /** Whether it was told to end. */
  readonly isStopping: boolean
  /** In log time. */
  readonly nowMs: number
  /** 0 ≤ `random` < 1. */
  readonly random: number
}

/** The same after an attempt. */
export interface Attempted extends Situation {
  readonly result: AttemptResult
  /** When the attempt was given away, in log time. */
  readonly startedAtMs: number
}

export type Decision = (
  | { readonly kind: 'run' }
  | { readonly kind: 'end'; readonly end: CallEnd }
  | { readonly kind: 'again'; readonly dueAtMs: number; readonly progress: CallProgress }
) & {
  readonly branch: Branch
  /** The attempt that led here; null = there was none that began. */
  readonly attempt: Attempt | null
}

/** What is to become of a call that is due: it is run, or has ended. */
export function decideBefore(situation: Situation): Decision {
  const { call, settings, isStopping, nowMs } = situation
  const end = new Ending(situation, situation.progress, null, null)
  if (isStopping) return end.stopped()
  if (call.depth > fixedLimits.maxCallDepth) return end.failed('chain_too_deep')
  if (settings === null) return end.failed('function_gone')
  if (nowMs >= ageEndMs(call, settings)) return end.expired()
  return { kind: 'run', branch: 'run', attempt: null }
}

/** What is to become of a call after an attempt: it has ended, or is tried again. */
export function decideAfter(situation: Attempted): Decision {
  const { call, settings, isStopping, progress, nowMs, result, startedAtMs } = situation
  if (result.kind === 'gone') {
    const end = new Ending(situation, progress, null, null)
    return isStopping ? end.stopped() : end.failed(result.reason)
  }

  const verdict = judge(result, call.event)
  // What was refused never began: there is nothing to tell of it.
  const attempt =
    result.kind === 'refused'
      ? null
      : recordAttempt(result, verdict, progress, { startedAtMs, endedAtMs: nowMs })
  const counts = attempt?.counts === true
  const next: CallProgress = {
    attempts: counts ? progress.attempts + 1 : progress.attempts,
    setbacks: counts ? 0 : progress.setbacks + 1,
    history: attempt === null ? progress.history : addToHistory(progress.history, attempt),
  }
  const end = new Ending(situation, next, attempt, result.kind === 'ran' ? result.result : null)
  if (verdict.kind === 'success') return end.succeeded()
  if (isStopping) return end.stopped()
  if (settings === null) return end.failed('function_gone')
  if (verdict.kind === 'final_failure') return end.failed('final_failure')
  if (counts && next.attempts >= settings.maxAttempts) return end.failed('retries_exhausted')

  const isAtOnce = verdict.kind === 'mishap' && next.setbacks === 1
  const askedMs = (result.kind === 'ran' ? result.retryAfterMs : null) ?? 0
  const ownMs = counts
    ? backoffMs(settings.backoff, next.attempts, situation.random)
    : isAtOnce
      ? 0
      : setbackMs(next.setbacks)
  const wantedMs = nowMs + Math.ceil(Math.max(ownMs, askedMs))
  // At most until its age ends; it expires then.
  const dueAtMs = Math.max(nowMs, Math.min(wantedMs, ageEndMs(call, settings)))
  const branch = counts ? 'backoff' : isAtOnce ? 'again_at_once' : 'setback'
  return { kind: 'again', branch, attempt, dueAtMs, progress: next }
}

function ageEndMs(call: Call, settings: AsyncSettings): number {
  return call.ageFromMs + settings.maxAgeMs
}

/** The ends that a call may come to. */
class Ending {
  readonly #nowMs: number
  readonly #progress: CallProgress
  readonly #attempt: Attempt | null
  readonly #result: CallResult | null

  constructor(
    { nowMs }: Situation,
    progress: CallProgress,
    attempt: Attempt | null,
    result: CallResult | null,
  ) {
    this.#nowMs = nowMs
    this.#progress = progress
    this.#attempt = attempt
    this.#result = result
  }

  succeeded(): Decision {
    return this.#end('succeeded', 'Succeeded', null)
  }

  stopped(): Decision {
    return this.#end('stopped', 'Stopped', null)
  }

  expired(): Decision {
    return this.#end('age_exceeded', 'Expired', 'age_exceeded')
  }

  failed(reason: Exclude<DeadLetterReason, 'age_exceeded'>): Decision {
    return this.#end(reason, 'Failed', reason)
  }

  #end(branch: Branch, state: FinalState, reason: DeadLetterReason | null): Decision {
    const end: CallEnd = {
      state,
      reason,
      endedAtMs: this.#nowMs,
      progress: this.#progress,
      result: this.#result,
    }
    return { kind: 'end', branch, attempt: this.#attempt, end }
  }
}
