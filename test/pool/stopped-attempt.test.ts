import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Invocation, noUsage, type Target } from '../../runtime/model/invocation.ts'
import type { Outcome } from '../../runtime/model/outcome.ts'
import { PoolFixture, textOf } from './pool-fixture.ts'

const stopMs = 5000

/** `/heed` ends when its signal aborts, other paths never; `/count` says how often a signal did. */
const bundle = `(() => { let aborted = 0; return { default: { async fetch({ url, signal }) {
  if (url.endsWith('/count')) return new Response(String(aborted))
  setTimeout(() => {}, 60_000)
  await new Promise((done) => signal.addEventListener('abort', () => {
    aborted++
    if (url.endsWith('/heed')) done()
  }))
  return new Response('ended')
} } } })()`

/** Begins an attempt that has `timeoutMs` to run. */
function beginAttempt(fixture: PoolFixture, target: Target, path: string, timeoutMs = 30_000) {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const invocation: Invocation = {
    id: 'call',
    target,
    event: {
      kind: 'http',
      method: 'GET',
      url: `http://test${path}`,
      headers: '',
      body: null,
      clientAddress: '',
    },
    attempt: { number: 1, enqueuedAtMs: 0, depth: 0 },
    arrivedAtMs: fixture.nowMs(),
    deadlineMs: fixture.nowMs() + timeoutMs,
    usage: noUsage(),
    onSettled: resolve,
  }
  fixture.pool.invoke(invocation)
  return { invocation, settled: promise }
}

test('An attempt that is told to end settles when it does', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({ bundle })
  await fixture.get(target, '/count')
  const running = beginAttempt(fixture, target, '/heed')
  await new Promise(setImmediate)
  fixture.pool.cancel(running.invocation)
  assert.equal((await running.settled).kind, 'canceled')
  assert.equal(textOf(await fixture.get(target, '/count')), '1', 'its instance stays')
})

test('An attempt that has not begun when it is told to end does not', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({ bundle })
  await fixture.get(target, '/count')
  const { invocation, settled } = beginAttempt(fixture, target, '/ignore')
  fixture.pool.cancel(invocation)
  assert.equal((await settled).kind, 'canceled')
})

test('An attempt that does not end in time takes its instance along', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  await using fixture = new PoolFixture()
  const target = fixture.define({ bundle })
  await fixture.get(target, '/count')
  const running = beginAttempt(fixture, target, '/ignore')
  const innocent = fixture.begin(target, '/ignore')
  await new Promise(setImmediate)
  fixture.pool.cancel(running.invocation)
  await new Promise(setImmediate)
  fixture.advance(stopMs - 1000)
  // Asked once more, it has no longer for that.
  fixture.pool.cancel(running.invocation)
  t.mock.timers.tick(16)
  assert.equal(textOf(await fixture.get(target, '/count')), '1')
  fixture.advance(1100)
  const late = fixture.begin(target, '/count')
  t.mock.timers.tick(16)
  assert.equal((await running.settled).kind, 'canceled')
  assert.equal((await innocent.settled).outcome.kind, 'interrupted')
  assert.equal(textOf(await late.settled), '0', 'what has not begun runs in another')
  assert.equal(fixture.pool.evictions.condemned, 1)
  assert.deepEqual(fixture.faults, [])
})

test('An attempt that runs out of time says which limit that was', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  await using fixture = new PoolFixture()
  const plain = fixture.define({ bundle })
  const target = {
    ...plain,
    settings: { ...plain.settings, async: { ...plain.settings.async, timeoutMs: 200 } },
  }
  await fixture.get(target, '/count')
  const { settled } = beginAttempt(fixture, target, '/ignore', 200)
  await new Promise(setImmediate)
  fixture.advance(300)
  t.mock.timers.tick(16)
  assert.deepEqual(await settled, {
    kind: 'exceeded_wall_time',
    message: 'The handler did not answer within async.timeoutMs, 200 ms',
  })
})

test('What is in no hurry is told when others wait, or run as many as may', async () => {
  await using fixture = new PoolFixture()
  const capped = fixture.define({ bundle, pool: { reserved: 1 } })
  assert.equal(fixture.pool.refusalNow(capped), null)
  await fixture.get(capped, '/count')
  const running = fixture.begin(capped, '/ignore')
  assert.equal(fixture.pool.refusalNow(capped)?.kind, 'throttled')
  fixture.pool.cancel(running.invocation)
  const single = fixture.define({ name: 'single', bundle, pool: { concurrency: 1, maxInstances: 1 } })
  await fixture.get(single, '/count')
  assert.equal(fixture.pool.refusalNow(single), null)
  const first = fixture.begin(single, '/ignore')
  const second = fixture.begin(single, '/ignore')
  await new Promise(setImmediate)
  assert.equal(fixture.pool.refusalNow(single)?.kind, 'overloaded')
  for (const { invocation } of [first, second]) fixture.pool.cancel(invocation)
})
