import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hold, holding, turns } from './held.ts'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'

const hello = fetching('return new Response("hello " + path)')

test('Pool answers, cold first and warm then, in the same instance', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: `(() => { let count = 0; return { default: { fetch: () => new Response(String(++count)) } } })()`,
  })
  const first = await fixture.get(target)
  const second = await fixture.get(target)
  assert.deepEqual([textOf(first), textOf(second)], ['1', '2'])
  assert.deepEqual([first.usage.coldStart, second.usage.coldStart], [true, false])
  assert.deepEqual([fixture.pool.coldStarts, fixture.pool.warmStarts], [1, 1])
  assert.ok(first.usage.cpuMs > 0)
  assert.equal(fixture.pool.residentInstances, 1)
})

test('Pool runs requests of one turn in one entry, once the version is known to be light', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({ bundle: hello })
  for (let request = 0; request < 30; request++) await fixture.get(target)
  fixture.entered.length = 0
  const paths = Array.from({ length: 10 }, (_, index) => `/${index}`)
  const answers = await fixture.getTogether(target, paths)
  assert.deepEqual(
    answers.map(textOf),
    paths.map((path) => `hello ${path}`),
  )
  assert.ok(fixture.entered.length < 5, `${fixture.entered.length} entries for 10 requests`)
})

test('Pool makes further instances when one has no room, and gives them all requests that wait', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({ bundle: holding, pool: { concurrency: 1 } })
  const held = [hold(fixture, target), hold(fixture, target), hold(fixture, target)]
  await turns()
  assert.equal(fixture.pool.residentInstances, 3)
  for (const one of held) assert.equal((await one.release()).outcome.kind, 'ok')
})

test('Pool evicts an instance that is idle for its timeout, and none that is not', async () => {
  await using fixture = new PoolFixture()
  const brief = fixture.define({ name: 'brief', bundle: hello, pool: { idleTimeoutMs: 1000 } })
  const long = fixture.define({ name: 'long', bundle: hello, pool: { idleTimeoutMs: 9000 } })
  await fixture.get(brief)
  await fixture.get(long)
  fixture.advance(900)
  fixture.pool.sweep()
  assert.equal(fixture.pool.residentInstances, 2)
  fixture.advance(200)
  fixture.pool.sweep()
  assert.deepEqual(
    fixture.pool.instances().map(({ functionName }) => functionName),
    ['long'],
  )
  assert.equal(fixture.pool.evictions.idle, 1)
  assert.equal((await fixture.get(brief)).usage.coldStart, true)
})

test('Pool makes room by dropping the least recently used idle instance', async () => {
  await using fixture = new PoolFixture({ maxInstances: 2 })
  const [a, b, c] = ['a', 'b', 'c'].map((name) => fixture.define({ name, bundle: hello }))
  await fixture.get(a!)
  await fixture.get(b!)
  await fixture.get(a!)
  await fixture.get(c!)
  const names = fixture.pool.instances().map(({ functionName }) => functionName)
  assert.deepEqual(names.sort(), ['a', 'c'])
  assert.equal(fixture.pool.evictions.capacity, 1)
})

test('Pool makes room when the process is over its memory budget', async () => {
  let rssMiB = 10
  await using fixture = new PoolFixture({ memoryBudgetMiB: 100, rssMiB: () => rssMiB })
  await fixture.get(fixture.define({ name: 'a', bundle: hello }))
  rssMiB = 200
  fixture.pool.sweep()
  assert.equal(textOf(await fixture.get(fixture.define({ name: 'b', bundle: hello }))), 'hello /')
  assert.deepEqual(
    fixture.pool.instances().map(({ functionName }) => functionName),
    ['b'],
  )
})

test('Pool takes prewarmed isolates, and refills them in a gap', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  await using fixture = new PoolFixture({
    prewarm: { min: 2, max: 2, ttlMs: 60_000, threshold: 1, increment: 1 },
  })
  fixture.pool.prewarm.fill()
  assert.equal(fixture.pool.prewarm.ready, 2)
  await fixture.get(fixture.define({ bundle: hello }))
  assert.equal(fixture.pool.prewarm.ready, 1)
  fixture.advance(10)
  t.mock.timers.tick(2)
  assert.equal(fixture.pool.prewarm.ready, 2)
})

test('Pool cancels what waits and what runs; the guest sees its signal abort', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: `(() => { let aborted = 0; return { default: { async fetch(request) {
      if (request.url.endsWith('/count')) return new Response(String(aborted))
      request.signal.addEventListener('abort', () => aborted++)
      await new Promise((done) => setTimeout(done, 60_000))
    } } } })()`,
  })
  await fixture.get(target, '/count')
  const running = fixture.begin(target, '/run')
  await new Promise(setImmediate)
  fixture.pool.cancel(running.invocation)
  fixture.pool.cancel(running.invocation)
  assert.equal((await running.settled).outcome.kind, 'canceled')
  await new Promise(setImmediate)
  assert.equal(textOf(await fixture.get(target, '/count')), '1')
  const waiting = fixture.begin(fixture.define({ name: 'other', bundle: hello }))
  fixture.pool.cancel(waiting.invocation)
  assert.equal((await waiting.settled).outcome.kind, 'canceled')
  assert.deepEqual(fixture.faults, [])
})

test('Pool lets a removed function finish what it has, and drops its instances', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching('await new Promise((done) => setTimeout(done, 20)); return new Response("done")'),
  })
  const running = fixture.get(target)
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  fixture.pool.removeFunction('test')
  assert.equal(textOf(await running), 'done')
  await new Promise(setImmediate)
  assert.equal(fixture.pool.residentInstances, 0)
})
