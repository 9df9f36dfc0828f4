import type { AttemptOutcome, CallEvent, CallResult } from '../model/call.ts'
import type { OutcomeKind } from '../model/outcome.ts'
import type { AttemptResult } from './call-runner.ts'

/** What an attempt means for its call, whatever else is known of the call. */
export interface Verdict {
  readonly kind:
    | 'success'
    /** It counts. */
    | 'failure'
    /** It counts, and another attempt would change nothing. */
    | 'final_failure'
    /** It does not count: nothing is wrong with the call. */
    | 'setback'
    /** The same, and nothing to wait for: what was in its way is over. */
    | 'mishap'
  readonly outcome: AttemptOutcome
  /** HTTP status of the answer; null = there was none. */
  readonly status: number | null
}

const ofOutcome: Readonly<Record<OutcomeKind, Verdict['kind']>> = {
  ok: 'success',
  exception: 'failure',
  no_response: 'failure',
  exceeded_cpu: 'failure',
  exceeded_memory: 'failure',
  exceeded_wall_time: 'failure',
  throttled: 'setback',
  overloaded: 'setback',
  interrupted: 'mishap',
  quarantined: 'setback',
  canceled: 'mishap',
  internal_error: 'setback',
}

/** What an attempt means that began, or was refused. */
export function judge(
  result: Extract<AttemptResult, { kind: 'ran' | 'lost' | 'refused' }>,
  event: CallEvent,
): Verdict {
  if (result.kind === 'refused') return { kind: 'mishap', outcome: 'overloaded', status: null }
  if (result.kind === 'lost') {
    return result.isToBlame
      ? { kind: 'failure', outcome: 'crashed', status: null }
      : { kind: 'mishap', outcome: 'interrupted', status: null }
  }
  const { outcome } = result
  if (outcome === 'ok' && result.result?.kind === 'http') return judgeStatus(result.result, event)
  return { kind: ofOutcome[outcome], outcome, status: null }
}

function judgeStatus({ status }: Extract<CallResult, { kind: 'http' }>, event: CallEvent): Verdict {
  // What a destination's URL answers with 3xx is not followed: nobody took the record.
  const isGood = event.kind === 'post' ? status < 300 : status < 400
  if (isGood) return { kind: 'success', outcome: 'ok', status }
  const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429
  return { kind: isFinal ? 'final_failure' : 'failure', outcome: 'failed_status', status }
}
