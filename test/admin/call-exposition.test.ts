import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { callMetricsText } from '../../runtime/admin/call-exposition.ts'
import type { FunctionDepth } from '../../runtime/retry-log/retry-log.ts'
import { noDelivery } from './call-fixture.ts'
import { MemoryCalls } from './memory-calls.ts'

const queue: FunctionDepth = { waiting: 0, running: 0, oldestDueMs: 0, isPaused: false }

const linesOf = (calls: MemoryCalls) => callMetricsText(calls).trimEnd().split('\n')

describe('callMetricsText', () => {
  it('tells what waits, what is dead and what became of attempts', () => {
    const calls = new MemoryCalls()
    calls.counted = {
      depth: new Map([
        ['mail', { ...queue, waiting: 12, running: 3, oldestDueMs: 1500 }],
        ['held', { ...queue, isPaused: true }],
      ]),
      deadLetters: new Map([['age_exceeded', 2]]),
      failure: null,
    }
    calls.delivered = {
      ...noDelivery,
      attempts: { ok: 5, exception: 2, crashed: 1 },
      decisions: { ...noDelivery.decisions, backoff: 3 },
      deadLetters: { age_exceeded: 4 },
      redrives: 6,
      destinations: 7,
      lostDestinations: 8,
      lateSettles: 9,
      startLatency: { ...noDelivery.startLatency, sumSeconds: 1.5 },
      running: 3,
      unsettled: 1,
    }
    const lines = linesOf(calls)
    for (const line of [
      'isolette_async_depth{function="mail",state="waiting"} 12',
      'isolette_async_depth{function="mail",state="running"} 3',
      'isolette_async_oldest_due_seconds{function="mail"} 1.5',
      'isolette_async_paused_functions 1',
      'isolette_async_dead_letters{reason="age_exceeded"} 2',
      'isolette_async_log_writable 1',
      'isolette_async_attempts_total{outcome="crashed"} 1',
      'isolette_async_attempts_total{outcome="exception"} 2',
      'isolette_async_attempts_total{outcome="ok"} 5',
      'isolette_async_decisions_total{branch="backoff"} 3',
      'isolette_async_decisions_total{branch="run"} 0',
      'isolette_async_dead_lettered_total{reason="age_exceeded"} 4',
      'isolette_async_redrives_total 6',
      'isolette_async_destinations_total 7',
      'isolette_async_lost_destinations_total 8',
      'isolette_async_late_settles_total 9',
      'isolette_async_start_latency_seconds_sum 1.5',
      'isolette_async_running_attempts 3',
      'isolette_async_unsettled_calls 1',
    ]) {
      assert.ok(lines.includes(line), `lacks ${line}`)
    }
  })

  it('has series of a bounded number of functions, the others as one', () => {
    const calls = new MemoryCalls()
    const depth = new Map<string, FunctionDepth>()
    for (let number = 1; number <= 150; number += 1) {
      depth.set(`f${number}`, { ...queue, waiting: number, running: 1, oldestDueMs: number })
    }
    calls.counted = { ...calls.counted, depth }
    const lines = linesOf(calls)
    const series = (start: string) => lines.filter((line) => line.startsWith(start))
    assert.equal(series('isolette_async_depth{').length, 2 * 101)
    assert.equal(series('isolette_async_oldest_due_seconds{').length, 101)
    assert.ok(lines.includes('isolette_async_depth{function="f51",state="waiting"} 51'))
    assert.ok(lines.includes('isolette_async_depth{function="*",state="waiting"} 1275'))
    assert.ok(lines.includes('isolette_async_depth{function="*",state="running"} 50'))
    assert.ok(lines.includes('isolette_async_oldest_due_seconds{function="*"} 0.05'))
  })

  it('says that the log cannot be written, whoever found out', () => {
    for (const found of ['log', 'delivery']) {
      const calls = new MemoryCalls()
      if (found === 'log') calls.counted = { ...calls.counted, failure: 'no space left' }
      else calls.delivered = { ...noDelivery, failure: 'no space left' }
      assert.ok(linesOf(calls).includes('isolette_async_log_writable 0'), found)
    }
  })

  it('names and types every family once, before its samples', () => {
    const calls = new MemoryCalls()
    calls.counted = { ...calls.counted, depth: new Map([['mail', queue]]) }
    const types = new Set<string>()
    for (const line of linesOf(calls)) {
      const [, name] = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line) ?? []
      if (name !== undefined) {
        assert.ok(!types.has(name), `${name} twice`)
        types.add(name)
      } else if (!line.startsWith('# HELP ')) {
        const sample = /^(\w+?)(?:_bucket|_sum|_count)?(?:\{[^}]*\})? [0-9.e+-]+$/.exec(line)
        assert.ok(sample && types.has(sample[1]!), `stray ${line}`)
      }
    }
    assert.equal(types.size, 16)
  })
})
