import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Branch } from '../../runtime/delivery/branch.ts'
import { branches } from '../../runtime/delivery/branch.ts'
import type { AttemptResult } from '../../runtime/delivery/call-runner.ts'
import {
  type Attempted,
  type Decision,
  decideAfter,
  decideBefore,
  type Situation,
} from '../../runtime/delivery/ladder.ts'
import { type AsyncSettings, usualAsync } from '../../runtime/model/async-settings.ts'
import { type CallProgress, noProgress } from '../../runtime/model/call.ts'
import { answered, callOf, ran } from './attempt-fixture.ts'

const nowMs = 100_000
const { maxAgeMs } = usualAsync

function settings(more: Partial<AsyncSettings> = {}): AsyncSettings {
  return { ...usualAsync, ...more }
}

function situation(more: Partial<Situation> = {}): Situation {
  return {
    call: callOf({ ageFromMs: nowMs }),
    progress: noProgress,
    settings: settings(),
    isStopping: false,
    nowMs,
    random: 0.5,
    ...more,
  }
}

function after(result: AttemptResult, more: Partial<Attempted> = {}): Decision {
  return decideAfter({ ...situation(more), startedAtMs: nowMs - 40, result })
}

function progress(attempts: number, setbacks = 0): CallProgress {
  return { attempts, setbacks, history: [] }
}

function ended(decision: Decision): Extract<Decision, { kind: 'end' }>['end'] {
  assert.equal(decision.kind, 'end')
  return (decision as Extract<Decision, { kind: 'end' }>).end
}

function again(decision: Decision): Extract<Decision, { kind: 'again' }> {
  assert.equal(decision.kind, 'again')
  return decision as Extract<Decision, { kind: 'again' }>
}

describe('before an attempt', () => {
  it('a call that is young enough is run', () => {
    const call = callOf({ ageFromMs: nowMs - maxAgeMs + 1 })
    assert.deepEqual(decideBefore(situation({ call })), { kind: 'run', branch: 'run', attempt: null })
  })

  it('a call of its whole age expires, and its age is counted from when it was due', () => {
    const call = callOf({ enqueuedAtMs: 0, ageFromMs: nowMs - maxAgeMs })
    const decision = decideBefore(situation({ call, progress: progress(2) }))
    assert.equal(decision.branch, 'age_exceeded')
    const { state, reason, endedAtMs, progress: kept } = ended(decision)
    assert.deepEqual([state, reason, endedAtMs, kept.attempts], ['Expired', 'age_exceeded', nowMs, 2])

    const delayed = callOf({ enqueuedAtMs: nowMs - 2 * maxAgeMs, ageFromMs: nowMs })
    assert.equal(decideBefore(situation({ call: delayed })).branch, 'run')
  })

  it('a chain of sixteen calls that come of calls is run, and a longer one is not', () => {
    assert.equal(decideBefore(situation({ call: callOf({ depth: 16, ageFromMs: nowMs }) })).branch, 'run')
    const decision = decideBefore(situation({ call: callOf({ depth: 17, ageFromMs: nowMs }) }))
    assert.equal(decision.branch, 'chain_too_deep')
    assert.equal(ended(decision).reason, 'chain_too_deep')
  })

  it('a call of a function that is gone fails', () => {
    const decision = decideBefore(situation({ settings: null }))
    assert.deepEqual([ended(decision).state, ended(decision).reason], ['Failed', 'function_gone'])
  })

  it('a call that was told to stop does not begin', () => {
    assert.equal(ended(decideBefore(situation({ isStopping: true }))).state, 'Stopped')
  })
})

describe('after an attempt', () => {
  const countingFailures: [what: string, result: AttemptResult, outcome: string][] = [
    ['an exception', ran('exception'), 'exception'],
    ['no response', ran('no_response'), 'no_response'],
    ['too much CPU', ran('exceeded_cpu'), 'exceeded_cpu'],
    ['too much memory', ran('exceeded_memory'), 'exceeded_memory'],
    ['too much time', ran('exceeded_wall_time'), 'exceeded_wall_time'],
    ['status 408', answered(408), 'failed_status'],
    ['status 429', answered(429), 'failed_status'],
    ['status 500', answered(500), 'failed_status'],
    ['status 599', answered(599), 'failed_status'],
    ['a crash', { kind: 'lost', isToBlame: true, executedVersion: 'hello:3' }, 'crashed'],
  ]
  for (const [what, result, outcome] of countingFailures) {
    it(`${what} uses up an attempt and is tried again after the backoff`, () => {
      const decision = again(after(result, { progress: progress(1, 4) }))
      assert.equal(decision.branch, 'backoff')
      assert.equal(decision.dueAtMs, nowMs + 0.5 * 120_000)
      const { attempts, setbacks } = decision.progress
      assert.deepEqual([attempts, setbacks], [2, 0])
      const { number, counts, outcome: kept } = decision.progress.history.at(-1)!
      assert.deepEqual([number, counts, kept], [2, true, outcome])
    })

    it(`${what} in the last attempt ends the call`, () => {
      const decision = after(result, { progress: progress(2) })
      assert.equal(decision.branch, 'retries_exhausted')
      const end = ended(decision)
      assert.deepEqual([end.state, end.reason, end.progress.attempts], ['Failed', 'retries_exhausted', 3])
    })
  }

  for (const outcome of ['throttled', 'overloaded', 'quarantined', 'internal_error'] as const) {
    it(`${outcome} uses up none and comes back after a second`, () => {
      const decision = again(after(ran(outcome), { progress: progress(2) }))
      assert.equal(decision.branch, 'setback')
      assert.equal(decision.dueAtMs, nowMs + 1000)
      assert.deepEqual([decision.progress.attempts, decision.progress.setbacks], [2, 1])
      assert.deepEqual([decision.attempt?.number, decision.attempt?.counts], [3, false])
    })
  }

  const mishaps: [what: string, result: AttemptResult][] = [
    ['an interrupted one', ran('interrupted')],
    ['one that was canceled though nobody stopped it', ran('canceled')],
    ['one that was lost by no fault of its own', { kind: 'lost', isToBlame: false, executedVersion: null }],
    ['one that nobody took', { kind: 'refused' }],
  ]
  for (const [what, result] of mishaps) {
    it(`${what} comes back at once, and the next time after a growing wait`, () => {
      const first = again(after(result))
      assert.deepEqual([first.branch, first.dueAtMs], ['again_at_once', nowMs])
      assert.deepEqual([first.progress.attempts, first.progress.setbacks], [0, 1])
      const second = again(after(result, { progress: progress(0, 1) }))
      assert.deepEqual([second.branch, second.dueAtMs], ['setback', nowMs + 2000])
    })
  }

  it('what was refused never began, and stands in no history', () => {
    const decision = again(after({ kind: 'refused' }))
    assert.equal(decision.attempt, null)
    assert.deepEqual(decision.progress.history, [])
  })

  it('setbacks grow to five minutes, without end', () => {
    const waits = [0, 1, 7, 8, 40].map(
      (setbacks) => again(after(ran('throttled'), { progress: progress(0, setbacks) })).dueAtMs - nowMs,
    )
    assert.deepEqual(waits, [1000, 2000, 128_000, 256_000, 300_000])
  })

  for (const result of [ran('ok'), answered(200), answered(399)]) {
    it(`a good answer (${result.result?.kind === 'http' ? result.result.status : 'JSON'}) ends the call`, () => {
      const decision = after(result, { progress: progress(1, 3) })
      assert.equal(decision.branch, 'succeeded')
      const end = ended(decision)
      assert.deepEqual([end.state, end.reason, end.result], ['Succeeded', null, result.result])
      assert.deepEqual([end.progress.attempts, end.progress.setbacks], [2, 0])
      assert.equal(end.progress.history.at(-1)?.counts, true)
    })
  }

  for (const status of [400, 404, 499]) {
    it(`status ${status} ends the call at once, with what it answered`, () => {
      const decision = after(answered(status))
      assert.equal(decision.branch, 'final_failure')
      const end = ended(decision)
      assert.deepEqual([end.state, end.reason], ['Failed', 'final_failure'])
      assert.equal(end.result?.kind === 'http' && end.result.status, status)
      assert.equal(decision.attempt?.status, status)
    })
  }

  it('a post succeeds by 2xx alone', () => {
    const call = callOf({ event: { kind: 'post', destination: 'onSuccess', json: '{}' }, ageFromMs: nowMs })
    assert.equal(after(answered(204), { call }).branch, 'succeeded')
    assert.equal(after(answered(302), { call }).branch, 'backoff')
    assert.equal(after(answered(503), { call }).branch, 'backoff')
    assert.equal(after(answered(410), { call }).branch, 'final_failure')
  })

  for (const reason of ['function_gone', 'destination_gone'] as const) {
    it(`${reason} ends the call`, () => {
      const decision = after({ kind: 'gone', reason, message: 'gone' })
      assert.deepEqual(
        [decision.branch, ended(decision).state, ended(decision).reason],
        [reason, 'Failed', reason],
      )
    })
  }

  it('Retry-After holds the next attempt back, and hastens none', () => {
    const cases: [result: AttemptResult, waitMs: number][] = [
      [answered(503, { retryAfterMs: 90_000 }), 90_000],
      [answered(503, { retryAfterMs: 10 }), 30_000],
      [ran('throttled', { retryAfterMs: 7000 }), 7000],
      [ran('overloaded', { retryAfterMs: 10 }), 1000],
    ]
    for (const [result, waitMs] of cases) assert.equal(again(after(result)).dueAtMs, nowMs + waitMs)
  })

  it('nothing waits for longer than until its age ends', () => {
    const call = callOf({ ageFromMs: nowMs - maxAgeMs + 500 })
    const long = again(after(answered(503, { retryAfterMs: 1e15 }), { call }))
    assert.equal(long.dueAtMs, nowMs + 500)
    assert.equal(again(after(ran('throttled'), { call })).dueAtMs, nowMs + 500)
    const old = callOf({ ageFromMs: nowMs - 2 * maxAgeMs })
    assert.equal(again(after(ran('throttled'), { call: old })).dueAtMs, nowMs)
  })

  it('the time it is due at is a whole number', () => {
    assert.equal(
      again(after(ran('exception'), { random: 0.123_456 })).dueAtMs,
      nowMs + Math.ceil(60_000 * 0.123_456),
    )
  })

  it('a call that was told to stop ends as stopped, whatever came of it but success', () => {
    const results: AttemptResult[] = [
      ran('canceled'),
      ran('exception'),
      ran('throttled'),
      answered(404),
      { kind: 'lost', isToBlame: false, executedVersion: null },
      { kind: 'refused' },
      { kind: 'gone', reason: 'function_gone', message: 'gone' },
    ]
    for (const result of results) {
      const decision = after(result, { isStopping: true })
      assert.deepEqual(
        [decision.branch, ended(decision).state, ended(decision).reason],
        ['stopped', 'Stopped', null],
      )
    }
    assert.equal(after(ran('ok'), { isStopping: true }).branch, 'succeeded')
  })

  it('a function that is removed while its call runs loses the call only if it fails', () => {
    assert.equal(after(ran('ok'), { settings: null }).branch, 'succeeded')
    assert.equal(after(ran('exception'), { settings: null }).branch, 'function_gone')
  })

  it('fewer attempts than were made already are enough', () => {
    const decision = after(ran('exception'), {
      settings: settings({ maxAttempts: 1 }),
      progress: progress(4),
    })
    assert.equal(decision.branch, 'retries_exhausted')
  })

  it('a lost attempt is told with the times it was known by', () => {
    const { attempt } = after({ kind: 'lost', isToBlame: true, executedVersion: 'hello:3' })
    assert.deepEqual([attempt?.startedAtMs, attempt?.durationMs], [nowMs - 40, 40])
    assert.deepEqual([attempt?.executedVersion, attempt?.error], ['hello:3', null])
  })
})

it('each branch is reached by these', () => {
  const gone = (reason: 'function_gone' | 'destination_gone'): Decision =>
    after({ kind: 'gone', reason, message: 'gone' })
  const reached: Decision[] = [
    decideBefore(situation()),
    decideBefore(situation({ isStopping: true })),
    decideBefore(situation({ call: callOf({ depth: 17 }) })),
    decideBefore(situation({ nowMs: nowMs + maxAgeMs })),
    after(ran('ok')),
    after(ran('exception')),
    after(ran('exception'), { progress: progress(2) }),
    after(ran('throttled')),
    after(ran('interrupted')),
    after(answered(404)),
    gone('function_gone'),
    gone('destination_gone'),
  ]
  assert.deepEqual(new Set<Branch>(reached.map(({ branch }) => branch)), new Set(branches))
})
