import type { AttemptResult } from '../../runtime/delivery/call-runner.ts'
import type { Call, CallResult } from '../../runtime/model/call.ts'
import type { OutcomeKind } from '../../runtime/model/outcome.ts'

export type Ran = Extract<AttemptResult, { kind: 'ran' }>

/** An attempt that ran for 12 ms. */
export function ran(outcome: OutcomeKind, more: Partial<Ran> = {}): Ran {
  return {
    kind: 'ran',
    executedVersion: 'hello:3',
    outcome,
    error:
      outcome === 'exception'
        ? { name: 'RangeError', message: 'no', stack: 'RangeError: no\n    at f' }
        : null,
    message: outcome === 'ok' || outcome === 'exception' ? null : `it was ${outcome}`,
    result: outcome === 'ok' ? { kind: 'json', json: '{"done":true}' } : null,
    retryAfterMs: null,
    startedAtMs: 1000,
    durationMs: 12,
    logLines: [],
    ...more,
  }
}

/** It answered HTTP with this status. */
export function answered(status: number, more: Partial<Ran> = {}): Ran {
  const result: CallResult = { kind: 'http', status, headers: ['x-a', '1'], body: Buffer.from('body') }
  return ran('ok', { result, ...more })
}

export function callOf(more: Partial<Call> = {}): Call {
  return {
    id: '0000000003e8aaaa0000000000000001',
    functionName: 'hello',
    qualifier: 'live',
    version: 3,
    event: { kind: 'direct', json: '{"n":1}' },
    enqueuedAtMs: 1000,
    ageFromMs: 1000,
    depth: 0,
    source: 'http',
    parentId: null,
    callerId: null,
    ...more,
  }
}
