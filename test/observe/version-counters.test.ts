import assert from 'node:assert/strict'
import { it } from 'node:test'
import { durationBucketsSeconds } from '../../runtime/observe/metrics.ts'
import { VersionCounters } from '../../runtime/observe/version-counters.ts'
import { invocationOf, targetOf } from './invocations.ts'

const usageOf = (usage: Parameters<typeof invocationOf>[1]) => invocationOf(targetOf('hello', 3), usage).usage

it('counts nothing before the first invocation', () => {
  const { outcomes, cpuSeconds, duration } = new VersionCounters('hello', '3').toMetrics()
  assert.deepEqual(outcomes, {})
  assert.equal(cpuSeconds, 0)
  assert.equal(duration.counts.length, durationBucketsSeconds.length + 1)
  assert.ok(duration.counts.every((count) => count === 0))
})

it('counts each outcome apart', () => {
  const counters = new VersionCounters('hello', '3')
  const kinds = [
    'ok',
    'exception',
    'no_response',
    'exceeded_cpu',
    'exceeded_memory',
    'exceeded_wall_time',
  ] as const
  const more = [
    'throttled',
    'overloaded',
    'interrupted',
    'quarantined',
    'canceled',
    'internal_error',
  ] as const
  const all = [...kinds, ...more]
  for (const [index, kind] of all.entries()) {
    for (let time = 0; time <= index; time++) counters.count(kind, 1, usageOf({}))
  }
  assert.deepEqual(
    counters.toMetrics().outcomes,
    Object.fromEntries(all.map((kind, index) => [kind, index + 1])),
  )
})

it('sums CPU and durations in seconds', () => {
  const counters = new VersionCounters('hello', '3')
  counters.count('ok', 250, usageOf({ cpuMs: 500 }))
  counters.count('ok', 500, usageOf({ cpuMs: 1000 }))
  assert.equal(counters.toMetrics().cpuSeconds, 1.5)
  assert.equal(counters.toMetrics().duration.sumSeconds, 0.75)
})

for (const [durationMs, bucket] of [
  [0, 0],
  [0.5, 0],
  [0.51, 1],
  [1, 1],
  [30_000, 14],
  [30_001, 15],
  [1e9, 15],
] as const) {
  it(`puts ${durationMs} ms into bucket ${bucket}`, () => {
    const counters = new VersionCounters('hello', '3')
    counters.count('ok', durationMs, usageOf({}))
    const { counts } = counters.toMetrics().duration
    assert.equal(counts.indexOf(1), bucket)
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      1,
    )
  })
}

it('tells waiting for a cold start from waiting in a queue', () => {
  const counters = new VersionCounters('hello', '3')
  counters.count('ok', 40, usageOf({ coldStart: true, waitMs: 20 }))
  counters.count('ok', 40, usageOf({ waitMs: 3 }))
  counters.count('ok', 40, usageOf({}))
  const { coldStart, queueWait } = counters.toMetrics()
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count)
  assert.equal(total(coldStart.counts), 1)
  assert.equal(coldStart.sumSeconds, 0.02)
  assert.equal(total(queueWait.counts), 2)
  assert.equal(queueWait.sumSeconds, 0.003)
})
