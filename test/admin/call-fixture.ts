import { type Attempt, type Call, type CallStatus, noProgress } from '../../runtime/model/call.ts'

/** A call of `hello:live` that waits, unless something else is said. */
export function callStatusOf(
  changes: Partial<Omit<CallStatus, 'call'>> & { readonly call?: Partial<Call> } = {},
): CallStatus {
  const call: Call = {
    id: '018bcfe568000001aaaaaaaaaaaaaaaa',
    functionName: 'hello',
    qualifier: 'live',
    version: 3,
    event: { kind: 'direct', json: '{"n":1}' },
    enqueuedAtMs: 1_700_000_000_000,
    depth: 0,
    source: 'admin',
    parentId: null,
    callerId: null,
    ...changes.call,
  }
  return { state: 'Enqueued', progress: noProgress, dueAtMs: null, end: null, ...changes, call }
}

/** A first attempt that threw, unless something else is said. */
export function attemptOf(changes: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    counts: true,
    startedAtMs: 1_700_000_000_500,
    durationMs: 12.5,
    executedVersion: 'hello:3',
    outcome: 'exception',
    status: null,
    error: { name: 'TypeError', message: 'no', stack: 'TypeError: no\n    at handler (index.ts:3:5)' },
    message: null,
    logLines: [{ timeMs: 1_700_000_000_501, level: 'info', text: 'said hello' }],
    ...changes,
  }
}
