import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { recordAttempt } from '../../runtime/delivery/attempt-record.ts'
import type { AttemptResult } from '../../runtime/delivery/call-runner.ts'
import { cutText } from '../../runtime/delivery/cut-text.ts'
import { addToHistory } from '../../runtime/model/attempt-history.ts'
import type { Attempt } from '../../runtime/model/call.ts'
import { noProgress } from '../../runtime/model/call.ts'
import { fixedLimits } from '../../runtime/model/limits.ts'
import { ran } from './attempt-fixture.ts'

const { maxAttemptErrorBytes, maxAttemptLogBytes, maxAttemptHistory } = fixedLimits

function record(result: Extract<AttemptResult, { kind: 'ran' }>): Attempt {
  const verdict = { kind: 'failure', outcome: result.outcome, status: null } as const
  return recordAttempt(result, verdict, noProgress, { startedAtMs: 1, endedAtMs: 2 })
}

function line(text: string) {
  return { timeMs: 5, level: 'info', text } as const
}

describe('the record of an attempt', () => {
  it('holds what its process said of it', () => {
    const attempt = record(ran('exception', { logLines: [line('a')] }))
    assert.deepEqual(attempt, {
      number: 1,
      counts: true,
      startedAtMs: 1000,
      durationMs: 12,
      executedVersion: 'hello:3',
      outcome: 'exception',
      status: null,
      error: { name: 'RangeError', message: 'no', stack: 'RangeError: no\n    at f' },
      message: null,
      logLines: [line('a')],
    })
  })

  it('holds at most a KiB of an error, of its message rather than of its stack', () => {
    const error = { name: 'é'.repeat(500), message: 'm'.repeat(700), stack: 's'.repeat(5000) }
    const kept = record(ran('exception', { error })).error!
    const bytes = Buffer.byteLength(kept.name + kept.message + kept.stack)
    assert.equal(bytes, maxAttemptErrorBytes)
    assert.equal(kept.message.length, 700)
    assert.ok(kept.name.length > 0 && kept.stack.length > 0)
  })

  it('holds at most a KiB of why it did not work', () => {
    const { message } = record(ran('internal_error', { message: 'ж'.repeat(5000) }))
    assert.equal(Buffer.byteLength(message!), maxAttemptErrorBytes)
  })

  it('holds the last lines that fit, and the beginning of the one before', () => {
    const logLines = [line('first'), line('x'.repeat(maxAttemptLogBytes)), line('last')]
    const kept = record(ran('exception', { logLines })).logLines
    assert.deepEqual(
      kept.map(({ text }) => text),
      ['x'.repeat(maxAttemptLogBytes - 32 - 4 - 32), 'last'],
    )
  })

  it('does not hold empty lines without end', () => {
    const kept = record(ran('exception', { logLines: new Array(1_000_000).fill(line('')) })).logLines
    assert.ok(kept.length <= 128, String(kept.length))
  })
})

describe('the history of attempts', () => {
  it('keeps how it began and how it stands', () => {
    let history: readonly Attempt[] = []
    for (let number = 1; number <= 50; number++) {
      history = addToHistory(history, { ...record(ran('exception')), number })
    }
    const numbers = history.map(({ number }) => number)
    assert.equal(history.length, maxAttemptHistory)
    assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50])
  })
})

describe('text that is cut', () => {
  const cases: [text: string, maxBytes: number, cut: string][] = [
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc'],
    ['', 0, ''],
    ['abc', 0, ''],
    ['éé', 3, 'é'],
    ['a😀', 4, 'a'],
    ['a😀', 5, 'a😀'],
    ['ab😀', 3, 'ab'],
    ['жжж', 100, 'жжж'],
  ]
  for (const [text, maxBytes, cut] of cases) {
    it(`of ${JSON.stringify(text)} leaves ${JSON.stringify(cut)} in ${maxBytes} bytes`, () => {
      assert.equal(cutText(text, maxBytes), cut)
    })
  }
})
