import { branches } from '../../runtime/delivery/branch.ts'
import type { DeliveryMetrics } from '../../runtime/delivery/delivery-metrics.ts'
import { type Attempt, type Call, type CallStatus, noProgress } from '../../runtime/model/call.ts'
import { DurationHistogram } from '../../runtime/observe/duration-histogram.ts'

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
    ageFromMs: 1_700_000_000_000,
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

/** A call that is a dead letter. */
export function deadLetterOf(changes: Partial<Call> = {}): CallStatus {
  const progress = { attempts: 1, setbacks: 0, history: [attemptOf()] }
  const end = {
    state: 'Failed',
    reason: 'retries_exhausted',
    endedAtMs: 1_700_000_001_000,
    progress,
    result: null,
  } as const
  return callStatusOf({ call: changes, state: 'Failed', progress, end })
}

/** The id of the n-th call. */
export function callIdOf(number: number): string {
  return number.toString(16).padStart(32, '0')
}

const nothing = new DurationHistogram().toData()

/** What is counted before the first attempt. */
export const noDelivery: DeliveryMetrics = {
  attempts: {},
  decisions: Object.fromEntries(branches.map((branch) => [branch, 0])) as DeliveryMetrics['decisions'],
  deadLetters: {},
  redrives: 0,
  destinations: 0,
  lostDestinations: 0,
  lateSettles: 0,
  attemptDuration: nothing,
  startLatency: nothing,
  running: 0,
  unsettled: 0,
  held: 0,
  failure: null,
}
