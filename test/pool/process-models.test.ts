import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hold, holding, turns } from './held.ts'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'

const counting = `(() => { let count = 0; return { default: { fetch: () => new Response(String(++count)) } } })()`

describe('An ephemeral function', () => {
  it('gets a fresh instance for each invocation, which is disposed afterwards', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: counting, pool: { model: 'ephemeral' } })
    for (let request = 0; request < 3; request++) {
      const { usage, ...settled } = await fixture.get(target)
      assert.equal(textOf({ usage, ...settled }), '1')
      assert.equal(usage.coldStart, true)
      await turns(2)
      assert.equal(fixture.pool.residentInstances, 0)
    }
    assert.equal(fixture.pool.evictions.invocations, 3)
  })

  it('runs one invocation at a time in an instance, whatever its concurrency', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: holding, pool: { model: 'ephemeral', concurrency: 100 } })
    const held = [hold(fixture, target), hold(fixture, target), hold(fixture, target)]
    await turns()
    assert.deepEqual(
      fixture.pool.instances().map(({ inFlight }) => inFlight),
      [1, 1, 1],
    )
    await Promise.all(held.map((one) => one.release()))
    await turns(2)
    assert.equal(fixture.pool.residentInstances, 0)
  })

  it('does not queue invocations behind the init of one instance', async () => {
    await using fixture = new PoolFixture()
    const bundle = `(() => ({ default: { fetch: () => new Response('hello') },
      init: () => new Promise((done) => setTimeout(done, 300)) }))()`
    const target = fixture.define({ bundle, pool: { model: 'ephemeral' } })
    const answers = fixture.getTogether(target, ['/a', '/b', '/c'])
    await turns(5)
    assert.deepEqual(
      fixture.pool.instances().map(({ state }) => state),
      ['initialising', 'initialising', 'initialising'],
    )
    assert.deepEqual((await answers).map(textOf), ['hello', 'hello', 'hello'])
  })

  it('keeps its instance until what was given to waitUntil has ended', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching('ctx.waitUntil(request.text()); return new Response("answered")'),
      pool: { model: 'ephemeral' },
    })
    const held = hold(fixture, target)
    assert.equal(textOf(await held.settled), 'answered')
    await turns(2)
    assert.deepEqual(
      fixture.pool.instances().map(({ state, leaves }) => [state, leaves]),
      [['retiring', 'invocations']],
    )
    await held.release()
    await turns()
    assert.equal(fixture.pool.residentInstances, 0)
  })

  it('never hands a second invocation to an instance that is still at its first', async () => {
    await using fixture = new PoolFixture()
    const bundle = `(() => { let count = 0; return { default: { async fetch(request) { count++; await request.text(); return new Response(String(count)) } } } })()`
    const target = fixture.define({ bundle, pool: { model: 'ephemeral' } })
    const first = hold(fixture, target)
    await turns()
    const second = hold(fixture, target)
    await turns()
    assert.equal(textOf(await first.release()), '1')
    assert.equal(textOf(await second.release()), '1')
  })
})

describe('pool.maxInvocationsPerInstance', () => {
  it('replaces an instance that has begun so many', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: counting, pool: { maxInvocationsPerInstance: 2 } })
    const answers: string[] = []
    for (let request = 0; request < 5; request++) answers.push(textOf(await fixture.get(target)))
    assert.deepEqual(answers, ['1', '2', '1', '2', '1'])
    assert.equal(fixture.pool.evictions.invocations, 2)
  })

  it('counts those that begin together, and lets all of them finish', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: holding, pool: { maxInvocationsPerInstance: 2 } })
    const held = [hold(fixture, target), hold(fixture, target), hold(fixture, target)]
    await turns()
    assert.deepEqual(
      fixture.pool
        .instances()
        .map(({ inFlight }) => inFlight)
        .sort(),
      [1, 2],
    )
    const kinds = await Promise.all(held.map(async (one) => (await one.release()).outcome.kind))
    assert.deepEqual(kinds, ['ok', 'ok', 'ok'])
  })
})
