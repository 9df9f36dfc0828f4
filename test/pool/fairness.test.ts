import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Held, hold, holding, turns } from './held.ts'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'

const hello = fetching('return new Response("hello")')

function countOf(fixture: PoolFixture, name: string): number {
  return fixture.pool.instances().filter(({ functionName }) => functionName === name).length
}

describe('Places of a full worker', () => {
  it('are given up by a function that holds more than its share, though all its instances are busy', async () => {
    await using fixture = new PoolFixture({ maxInstances: 4 })
    const flood = fixture.define({ name: 'flood', bundle: holding, pool: { concurrency: 1 } })
    const running: Held[] = []
    for (let request = 0; request < 10; request++) running.push(hold(fixture, flood))
    await turns()
    assert.equal(countOf(fixture, 'flood'), 4)
    const late = fixture.get(fixture.define({ name: 'late', bundle: hello }))
    await turns()
    // One of four finishes what it has and does not serve the six that wait.
    const retiring = fixture.pool.instances().filter(({ state }) => state === 'retiring')
    assert.deepEqual(
      retiring.map(({ functionName, leaves }) => [functionName, leaves]),
      [['flood', 'capacity']],
    )
    await running[0]!.release()
    assert.equal(textOf(await late), 'hello')
    assert.equal(countOf(fixture, 'flood'), 3)
    for (const one of running) await one.release()
  })

  it('are divided evenly between functions that want all of them', async () => {
    await using fixture = new PoolFixture({ maxInstances: 4 })
    const [a, b] = ['a', 'b'].map((name) =>
      fixture.define({ name, bundle: holding, pool: { concurrency: 1 } }),
    )
    const running = Array.from({ length: 12 }, () => hold(fixture, a!))
    await turns()
    const others = Array.from({ length: 12 }, () => hold(fixture, b!))
    for (const one of running) {
      await one.release()
      await turns()
      if (countOf(fixture, 'b') === 2) break
      fixture.advance(1001)
      fixture.pool.sweep()
      await turns()
    }
    assert.deepEqual([countOf(fixture, 'a'), countOf(fixture, 'b')], [2, 2])
    // And no further: neither takes from the other any more.
    fixture.advance(1001)
    fixture.pool.sweep()
    await turns()
    assert.deepEqual(
      fixture.pool.instances().map(({ state }) => state),
      ['resident', 'resident', 'resident', 'resident'],
    )
    for (const one of [...running, ...others]) await one.release()
  })

  it('are taken in turns when there are more functions than places', async () => {
    await using fixture = new PoolFixture({ maxInstances: 1 })
    const [a, b] = ['a', 'b'].map((name) =>
      fixture.define({ name, bundle: holding, pool: { concurrency: 1 } }),
    )
    const first = [hold(fixture, a!), hold(fixture, a!), hold(fixture, a!)]
    await turns()
    const other = hold(fixture, b!)
    await turns()
    await first[0]!.release()
    await turns()
    assert.equal(countOf(fixture, 'b'), 1)
    assert.equal(first[1]!.kind, 'running')
    await other.release()
    for (const one of first) assert.equal((await one.release()).outcome.kind, 'ok')
  })

  it('go to the function that holds fewest first, not to the one that has waited longest', async () => {
    await using fixture = new PoolFixture({ maxInstances: 3 })
    const [a, b, c] = ['a', 'b', 'c'].map((name) =>
      fixture.define({ name, bundle: holding, pool: { concurrency: 1 } }),
    )
    const ofA = [hold(fixture, a!), hold(fixture, a!)]
    const ofB = [hold(fixture, b!)]
    await turns()
    ofB.push(hold(fixture, b!))
    await turns()
    const ofC = [hold(fixture, c!)]
    await turns()
    await ofA[0]!.release()
    await turns()
    assert.deepEqual([countOf(fixture, 'b'), countOf(fixture, 'c')], [1, 1])
    for (const one of [...ofA, ...ofB, ...ofC]) await one.release()
  })

  it('are never taken from a function that holds no more than who asks', async () => {
    await using fixture = new PoolFixture({ maxInstances: 2 })
    const [a, b] = ['a', 'b'].map((name) =>
      fixture.define({ name, bundle: holding, pool: { concurrency: 1 } }),
    )
    const running = [hold(fixture, a!), hold(fixture, b!)]
    await turns()
    const waiting = hold(fixture, b!)
    await turns()
    assert.deepEqual(
      fixture.pool.instances().map(({ state }) => state),
      ['resident', 'resident'],
    )
    for (const one of [...running, waiting]) assert.equal((await one.release()).outcome.kind, 'ok')
  })

  it('that became free are kept for who waited, though another function asks first', async () => {
    await using fixture = new PoolFixture({ maxInstances: 1 })
    const [a, b, c] = ['a', 'b', 'c'].map((name) => fixture.define({ name, bundle: holding }))
    const first = hold(fixture, a!)
    await turns()
    const waiting = hold(fixture, b!)
    await turns()
    const rest: Held[] = []
    // Just before its place is free.
    fixture.onSettled = (invocation) => {
      if (invocation === first.invocation) rest.push(hold(fixture, c!))
    }
    await first.release()
    await turns()
    assert.deepEqual([countOf(fixture, 'b'), countOf(fixture, 'c')], [1, 0])
    await waiting.release()
    assert.equal((await rest[0]!.release()).outcome.kind, 'ok')
  })

  it('are asked of one instance, and not of more while it runs its shutdown', async () => {
    await using fixture = new PoolFixture({ maxInstances: 2 })
    const bundle = `(() => ({ default: { fetch: () => new Response('hello'),
      async shutdown() { await new Promise((done) => setTimeout(done, 30)) } } }))()`
    for (const name of ['a', 'b']) await fixture.get(fixture.define({ name, bundle }))
    const late = fixture.get(fixture.define({ name: 'late', bundle: hello }))
    await turns()
    fixture.pool.sweep()
    await turns()
    const leaving = fixture.pool.instances().filter(({ leaves }) => leaves === 'capacity')
    assert.deepEqual([leaving.length, fixture.pool.residentInstances], [1, 2])
    assert.equal(textOf(await late), 'hello')
    assert.equal(fixture.pool.evictions.capacity, 1)
  })

  it('of provisioned instances are the last that are taken', async () => {
    await using fixture = new PoolFixture({ maxInstances: 2 })
    const kept = fixture.define({ name: 'kept', bundle: hello })
    await fixture.get(kept)
    fixture.pool.provisioning.set([{ target: kept, count: 1 }])
    const [a, b] = ['a', 'b'].map((name) => fixture.define({ name, bundle: hello }))
    await fixture.get(a!)
    await fixture.get(b!)
    assert.deepEqual([countOf(fixture, 'kept'), countOf(fixture, 'a'), countOf(fixture, 'b')], [1, 0, 1])
  })
})

describe('Versions of one function', () => {
  it('take places from each other under pool.maxInstances', async () => {
    await using fixture = new PoolFixture()
    const options = { bundle: holding, pool: { concurrency: 1, maxInstances: 2 } }
    const one = fixture.define(options)
    const two = { ...fixture.define(options), label: 2 }
    const running = [hold(fixture, one), hold(fixture, one), hold(fixture, one)]
    await turns()
    assert.equal(fixture.pool.residentInstances, 2)
    const other = hold(fixture, two)
    await turns()
    await running[0]!.release()
    await turns()
    assert.deepEqual(
      fixture.pool
        .instances()
        .map(({ version }) => version)
        .sort(),
      ['1', '2'],
    )
    for (const held of [...running, other]) assert.equal((await held.release()).outcome.kind, 'ok')
  })
})
