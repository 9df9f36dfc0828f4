import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Invocation } from '../../runtime/model/invocation.ts'
import { fixedLimits } from '../../runtime/model/limits.ts'
import type { Share } from '../../runtime/model/share.ts'
import type { Shares } from '../../runtime/pool/admission.ts'
import { type Held, hold, holding, turns } from './held.ts'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'

const hello = fetching('return new Response("hello")')

/** What the supervisor grants, said by the test. */
class TestShares implements Shares {
  share: Share | null = null
  mayAsk = true
  readonly asked: (keyof Share)[] = []

  of(): Share | null {
    return this.share
  }

  askMore(_functionName: string, what: keyof Share): boolean {
    this.asked.push(what)
    return this.mayAsk
  }
}

describe('Requests over maxInstances × concurrency', () => {
  it('wait, and run in order as places become free', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: holding, pool: { concurrency: 2, maxInstances: 1 } })
    const held = Array.from({ length: 4 }, () => hold(fixture, target))
    await turns()
    assert.deepEqual(
      fixture.pool.instances().map(({ inFlight }) => inFlight),
      [2],
    )
    await held[0]!.release()
    await turns()
    assert.equal(fixture.pool.instances()[0]!.inFlight, 2)
    for (const one of held) assert.equal((await one.release()).outcome.kind, 'ok')
    assert.equal(fixture.pool.residentInstances, 1)
  })

  it('are overloaded at their deadline, and not before', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: holding, pool: { concurrency: 1, maxInstances: 1 } })
    const running = hold(fixture, target)
    const waiting = hold(fixture, target, 5000)
    await turns()
    fixture.advance(4000)
    t.mock.timers.tick(16)
    await turns()
    assert.equal(waiting.kind, 'running')
    fixture.advance(1100)
    t.mock.timers.tick(16)
    assert.equal((await waiting.settled).outcome.kind, 'overloaded')
    assert.ok((await waiting.settled).usage.waitMs >= 5000)
    await running.release()
  })

  it('are throttled once the line of their function is full, over all its versions', async () => {
    await using fixture = new PoolFixture()
    const options = { bundle: holding, pool: { concurrency: 1, maxInstances: 1 } }
    const one = fixture.define(options)
    const two = { ...fixture.define(options), label: 2 }
    const other = fixture.define({ name: 'other', bundle: hello })
    const running = hold(fixture, one)
    await turns()
    const half = fixedLimits.maxWaitingPerFunction / 2
    const waiting: Held[] = []
    for (let request = 0; request < half; request++) {
      waiting.push(hold(fixture, one), hold(fixture, two))
    }
    const { outcome } = await fixture.get(two)
    assert.equal(outcome.kind, 'throttled')
    assert.match('message' in outcome ? outcome.message : '', /1000 requests wait/)
    assert.equal(textOf(await fixture.get(other)), 'hello')
    for (const held of waiting) fixture.pool.cancel(held.invocation)
    await running.release()
  })
})

describe('pool.reserved', () => {
  const capped = { bundle: holding, pool: { reserved: 5 } }

  it('lets requests wait until the share of this worker is known', async () => {
    const shares = new TestShares()
    await using fixture = new PoolFixture({ shares })
    const held = hold(fixture, fixture.define(capped))
    await turns()
    assert.equal(fixture.pool.residentInstances, 0)
    assert.equal(fixture.pool.isBusy, true)
    assert.deepEqual(fixture.pool.inUse('test'), { requests: 0, instances: 0 })
    shares.share = { requests: 1, instances: Number.POSITIVE_INFINITY }
    fixture.pool.noteShare('test')
    await turns()
    assert.deepEqual(fixture.pool.inUse('test'), { requests: 1, instances: 1 })
    assert.equal((await held.release()).outcome.kind, 'ok')
  })

  it('throttles requests over the share when there is no more to be had, and runs them when there is', async () => {
    const shares = new TestShares()
    shares.share = { requests: 1, instances: Number.POSITIVE_INFINITY }
    await using fixture = new PoolFixture({ shares })
    const target = fixture.define(capped)
    const first = hold(fixture, target)
    const [second, third] = [hold(fixture, target), hold(fixture, target)]
    await turns()
    assert.deepEqual(shares.asked, ['requests', 'requests'])
    shares.share = { requests: 2, instances: Number.POSITIVE_INFINITY }
    shares.mayAsk = false
    fixture.pool.noteShare('test')
    assert.equal((await third.settled).outcome.kind, 'throttled')
    assert.equal((await hold(fixture, target).settled).outcome.kind, 'throttled')
    assert.equal((await first.release()).outcome.kind, 'ok')
    assert.equal((await second.release()).outcome.kind, 'ok')
  })

  it('never runs more than the share, and lets the next one in when one ends', async () => {
    const shares = new TestShares()
    shares.share = { requests: 2, instances: Number.POSITIVE_INFINITY }
    await using fixture = new PoolFixture({ shares })
    const target = fixture.define(capped)
    const held = Array.from({ length: 6 }, () => hold(fixture, target))
    for (const one of held) {
      await turns()
      assert.ok(fixture.pool.inUse('test').requests <= 2)
      assert.equal((await one.release()).outcome.kind, 'ok')
    }
  })

  it('gives requests away that this worker has no share for', async () => {
    const shares = new TestShares()
    const given: Invocation[] = []
    const handOver = (invocation: Invocation) => given.push(invocation) > 0
    await using fixture = new PoolFixture({ shares, handOver })
    const target = fixture.define(capped)
    const early = hold(fixture, target)
    shares.share = { requests: 0, instances: 0 }
    fixture.pool.noteShare('test')
    const late = hold(fixture, target)
    assert.deepEqual(given, [early.invocation, late.invocation])
    assert.equal(fixture.pool.isBusy, false)
  })

  it('leaves instances alone when the share of requests goes elsewhere', async () => {
    const shares = new TestShares()
    shares.share = { requests: 5, instances: Number.POSITIVE_INFINITY }
    await using fixture = new PoolFixture({ shares })
    const target = fixture.define(capped)
    const held = hold(fixture, target)
    await turns()
    await held.release()
    fixture.pool.provisioning.set([{ target, count: 1 }])
    assert.equal(fixture.pool.kept('test'), 1)
    shares.share = { requests: 0, instances: 0 }
    fixture.pool.noteShare('test')
    assert.equal(fixture.pool.residentInstances, 1)
  })

  it('cancels what waits for a share', async () => {
    await using fixture = new PoolFixture({ shares: new TestShares() })
    const held = hold(fixture, fixture.define(capped))
    fixture.pool.cancel(held.invocation)
    assert.equal((await held.settled).outcome.kind, 'canceled')
    assert.equal(fixture.pool.isBusy, false)
  })
})

describe('pool.maxInstances', () => {
  it('lets requests wait while a worker that is about to go has all instances', async () => {
    const shares = new TestShares()
    shares.share = { requests: 0, instances: 0 }
    shares.mayAsk = false
    await using fixture = new PoolFixture({ shares })
    const target = fixture.define({ bundle: holding, pool: { maxInstances: 1 } })
    const blocked = fixture.define({ name: 'blocked', bundle: hello, pool: { reserved: 0, maxInstances: 1 } })
    const held = hold(fixture, target)
    fixture.pool.noteShare('test')
    await turns()
    assert.equal(held.kind, 'running')
    assert.equal(fixture.pool.residentInstances, 0)
    assert.equal((await fixture.get(blocked)).outcome.kind, 'throttled')
    shares.share = { requests: Number.POSITIVE_INFINITY, instances: 1 }
    fixture.pool.noteShare('test')
    await turns()
    assert.equal((await held.release()).outcome.kind, 'ok')
  })

  it('gives away what waits for an instance when this worker is to have none any more', async () => {
    const shares = new TestShares()
    const given: Invocation[] = []
    let isAnybodyThere = false
    const handOver = (invocation: Invocation) => isAnybodyThere && given.push(invocation) > 0
    shares.share = { requests: Number.POSITIVE_INFINITY, instances: 1 }
    await using fixture = new PoolFixture({ shares, handOver })
    const target = fixture.define({ bundle: holding, pool: { maxInstances: 1, concurrency: 1 } })
    const running = hold(fixture, target)
    await turns()
    const waiting = [hold(fixture, target), hold(fixture, target)]
    await turns()
    shares.share = { requests: 0, instances: 0 }
    fixture.pool.noteShare('test')
    assert.deepEqual(given, [])
    isAnybodyThere = true
    fixture.pool.noteShare('test')
    assert.deepEqual(
      given,
      waiting.map(({ invocation }) => invocation),
    )
    assert.deepEqual(fixture.pool.inUse('test'), { requests: 1, instances: 1 })
    assert.equal((await running.release()).outcome.kind, 'ok')
  })

  it('has provisioned instances made as soon as there is a share for them', async () => {
    const shares = new TestShares()
    await using fixture = new PoolFixture({ shares })
    const target = fixture.define({ bundle: hello, pool: { maxInstances: 2 } })
    fixture.pool.provisioning.set([{ target, count: 2 }])
    fixture.pool.provisioning.tick()
    assert.equal(fixture.pool.residentInstances, 0)
    shares.share = { requests: Number.POSITIVE_INFINITY, instances: 2 }
    fixture.pool.noteShare('test')
    fixture.pool.provisioning.tick()
    assert.equal(fixture.pool.residentInstances, 1)
  })

  it('asks for more instances than the share, and gives up those that it may have no longer', async () => {
    const shares = new TestShares()
    shares.share = { requests: Number.POSITIVE_INFINITY, instances: 2 }
    await using fixture = new PoolFixture({ shares })
    const target = fixture.define({ bundle: holding, pool: { concurrency: 1, maxInstances: 4 } })
    const held = Array.from({ length: 3 }, () => hold(fixture, target))
    await turns()
    assert.equal(fixture.pool.residentInstances, 2)
    assert.ok(shares.asked.includes('instances'))
    shares.share = { requests: Number.POSITIVE_INFINITY, instances: 3 }
    fixture.pool.noteShare('test')
    await turns()
    assert.equal(fixture.pool.residentInstances, 3)
    for (const one of held) await one.release()
    shares.share = { requests: Number.POSITIVE_INFINITY, instances: 1 }
    fixture.pool.noteShare('test')
    assert.equal(fixture.pool.residentInstances, 1)
  })
})
