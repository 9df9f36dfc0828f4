import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { limitBounds } from '../../runtime/model/limits.ts'
import { fetching, PoolFixture } from './pool-fixture.ts'

/** Turns of the event loop until it is so. */
async function until(condition: () => boolean): Promise<void> {
  const giveUpAtMs = performance.now() + 10_000
  while (!condition()) {
    assert.ok(performance.now() < giveUpAtMs, `It never came to ${condition}`)
    await setImmediate()
  }
}

/** What the pool tells of something that ran on. */
async function ended(fixture: PoolFixture): Promise<PoolFixture['ranOn'][number]> {
  await until(() => fixture.ranOn.length > 0)
  assert.equal(fixture.ranOn.length, 1)
  return fixture.ranOn[0]!
}

describe('what a request gave to waitUntil', () => {
  it('is told when it is over, with what it logged', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(
        "ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 1)).then(() => console.log('waited'))); return new Response('ok')",
      ),
    })
    const { usage } = await fixture.get(target)
    assert.deepEqual(usage.logLines, [])
    const { invocation, failure } = await ended(fixture)
    assert.equal(failure, null)
    assert.deepEqual(
      invocation.usage.logLines.map(({ text }) => text),
      ['waited'],
    )
  })

  it("is an exception when it is rejected, with the stack in the author's lines", async () => {
    await using fixture = new PoolFixture({
      mapError: (_manifest, error) => ({ ...error, stack: `mapped ${error.stack.split('\n')[0]}` }),
    })
    const target = fixture.define({
      bundle: fetching(
        "ctx.waitUntil(Promise.reject(new RangeError('first'))); ctx.waitUntil(Promise.reject(new Error('second'))); return new Response('ok')",
      ),
    })
    await fixture.get(target)
    const { invocation, failure } = await ended(fixture)
    assert.deepEqual(failure, {
      kind: 'exception',
      error: { name: 'RangeError', message: 'first', stack: 'mapped RangeError: first' },
    })
    assert.match(invocation.usage.logLines[0]!.text, /^Unhandled rejection: Error: second\n/)
  })

  it('is cut after 30 s', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(
        "ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 1e6))); return new Response('ok')",
      ),
    })
    await fixture.get(target)
    fixture.advance(30_100)
    assert.deepEqual((await ended(fixture)).failure, {
      kind: 'exceeded_wall_time',
      message: 'What ctx.waitUntil was given did not settle within 30000 ms after the response',
    })
  })

  it('is cut at once when it can never settle', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching("ctx.waitUntil(new Promise(() => {})); return new Response('ok')"),
    })
    await fixture.get(target)
    assert.equal((await ended(fixture)).failure?.kind, 'no_response')
  })

  it('is stopped when it takes too much CPU, which is charged', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      limits: { cpuMs: 5 },
      bundle: fetching(
        "ctx.waitUntil(new Promise((resolve) => setTimeout(() => { for (;;); }, 1))); return new Response('ok')",
      ),
    })
    await fixture.get(target)
    const { invocation, failure } = await ended(fixture)
    assert.equal(failure?.kind, 'exceeded_cpu')
    // Of 30 ms that pass, whatever a busy machine leaves.
    assert.ok(invocation.usage.cpuMs > 2, `${invocation.usage.cpuMs}`)
  })

  it('is interrupted when its instance is ended on account of another request', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      limits: { cpuMs: 5 },
      bundle: fetching(
        "if (path === '/loop') for (;;); ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 1e6))); return new Response('ok')",
      ),
    })
    await fixture.get(target)
    await fixture.get(target, '/loop')
    const told = fixture.ranOn.find(
      ({ invocation }) => invocation.event.kind === 'http' && invocation.event.url.endsWith('/'),
    )
    assert.equal(told?.failure?.kind, 'interrupted')
  })
})

it('a handler that goes on after its client left is told with what it logged, and is no failure', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching(
      "request.signal.addEventListener('abort', () => console.log('left')); console.log('begun'); await new Promise((resolve) => setTimeout(resolve, 1e6))",
    ),
  })
  const { invocation, settled } = fixture.begin(target)
  await until(() => invocation.usage.logLines.length === 1)
  fixture.pool.cancel(invocation)
  await settled
  await until(() => invocation.usage.logLines.length === 2)
  fixture.advance(30_100)
  const { failure } = await ended(fixture)
  assert.equal(failure, null)
  assert.equal(invocation.usage.logLines[1]!.text, 'left')
})

it('a request that is stopped is charged with the CPU that it took until then', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({ limits: { cpuMs: 5 }, bundle: fetching('for (;;);') })
  const { outcome, usage } = await fixture.get(target)
  assert.equal(outcome.kind, 'exceeded_cpu')
  assert.ok(usage.cpuMs > 2, `${usage.cpuMs}`)
})

it('a request that may take long is told that it must pause', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({ limits: { cpuMs: limitBounds.cpuMs.max }, bundle: fetching('for (;;);') })
  const { outcome } = await fixture.get(target)
  assert.deepEqual(outcome, {
    kind: 'exceeded_cpu',
    message: 'The request was stopped over 500 ms of CPU without a pause',
  })
})
