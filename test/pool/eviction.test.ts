import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Target } from '../../runtime/model/invocation.ts'
import { hold, holding, turns } from './held.ts'
import { fetching, PoolFixture } from './pool-fixture.ts'

/** Keeps as many MiB as its path says. */
const filling = `(() => { let kept; return { default: { fetch(request) {
  const mebibytes = Number(new URL(request.url).pathname.slice(1))
  if (mebibytes > 0) kept = new Uint8Array(mebibytes * 2 ** 20)
  return new Response('ok') } } } })()`

/** Functions with an instance each that holds so many MiB, called one after the other. */
async function filled(fixture: PoolFixture, sizesMiB: Readonly<Record<string, number>>) {
  const targets = new Map<string, Target>()
  for (const [name, sizeMiB] of Object.entries(sizesMiB)) {
    const target = fixture.define({ name, bundle: filling, limits: { cpuMs: 500 } })
    await fixture.get(target, `/${sizeMiB}`)
    targets.set(name, target)
  }
  return targets
}

function names(fixture: PoolFixture): string[] {
  return fixture.pool
    .instances()
    .map(({ functionName }) => functionName)
    .sort()
}

describe('Over the memory budget', () => {
  it('the least recently used idle instance makes room for a new one', async () => {
    await using fixture = new PoolFixture({ memoryBudgetMiB: 65 })
    await filled(fixture, { a: 20, b: 20, c: 20 })
    await fixture.get(fixture.define({ name: 'new', bundle: filling }))
    assert.deepEqual(names(fixture), ['b', 'c', 'new'])
    assert.equal(fixture.pool.evictions.memory, 1)
  })

  it('what instances have grown to is noticed, and the least recently used idle ones go', async () => {
    await using fixture = new PoolFixture({ memoryBudgetMiB: 65 })
    const targets = await filled(fixture, { a: 1, b: 20, c: 20 })
    fixture.advance(200)
    await fixture.get(targets.get('a')!, '/30')
    fixture.pool.sweep()
    assert.deepEqual(names(fixture), ['a', 'c'])
  })

  it('busy instances finish what they have and go, once no idle one is left', async () => {
    await using fixture = new PoolFixture({ memoryBudgetMiB: 40 })
    const bundle = fetching(
      'globalThis.kept = new Uint8Array(25 * 2 ** 20); return new Response(await request.text())',
    )
    const [a, b] = ['a', 'b'].map((name) => fixture.define({ name, bundle, limits: { cpuMs: 500 } }))
    const first = hold(fixture, a!)
    await turns()
    fixture.advance(1)
    const second = hold(fixture, b!)
    await turns()
    fixture.pool.sweep()
    assert.deepEqual(
      fixture.pool.instances().map(({ functionName, leaves }) => [functionName, leaves]),
      [
        ['a', 'memory'],
        ['b', null],
      ],
    )
    assert.equal((await first.release()).outcome.kind, 'ok')
    await turns(2)
    assert.deepEqual(names(fixture), ['b'])
    await second.release()
  })

  it('provisioned instances are the last to go', async () => {
    await using fixture = new PoolFixture({ memoryBudgetMiB: 65 })
    const targets = await filled(fixture, { kept: 20, b: 20, c: 1 })
    fixture.pool.provisioning.set([{ target: targets.get('kept')!, count: 1 }])
    fixture.advance(200)
    await fixture.get(targets.get('c')!, '/30')
    fixture.pool.sweep()
    assert.deepEqual(names(fixture), ['c', 'kept'])
    await fixture.get(targets.get('c')!, '/60')
    fixture.advance(200)
    await fixture.get(targets.get('c')!, '/0')
    fixture.pool.sweep()
    assert.deepEqual(names(fixture), ['kept'])
  })

  it('one instance stays however large it is', async () => {
    await using fixture = new PoolFixture({ memoryBudgetMiB: 40 })
    const target = fixture.define({ bundle: filling, limits: { cpuMs: 500 } })
    await fixture.get(target, '/60')
    fixture.pool.sweep()
    assert.equal(fixture.pool.residentInstances, 1)
  })

  it('resident memory that stays high evicts nothing by itself', async () => {
    let rssMiB = 100
    await using fixture = new PoolFixture({ memoryBudgetMiB: 200, rssMiB: () => rssMiB })
    await filled(fixture, { a: 1, b: 1 })
    rssMiB = 1000
    fixture.pool.sweep()
    assert.deepEqual(names(fixture), ['a', 'b'])
    // A new one takes the place of others.
    await fixture.get(fixture.define({ name: 'new', bundle: filling }))
    assert.deepEqual(names(fixture), ['b', 'new'])
  })
})

describe('An instance near its heap limit', () => {
  it('is replaced after the invocation that brought it there', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: filling, limits: { memoryMiB: 32, cpuMs: 500 } })
    await fixture.get(target, '/1')
    fixture.advance(200)
    await fixture.get(target, '/26')
    await turns(2)
    assert.equal(fixture.pool.residentInstances, 0)
    assert.equal(fixture.pool.evictions.heap, 1)
    assert.equal((await fixture.get(target, '/1')).outcome.kind, 'ok')
  })

  it('is found by the next sweep if its heap was measured just before', async () => {
    await using fixture = new PoolFixture({ nowMs: () => nowMs })
    let nowMs = 1000
    const target = fixture.define({ bundle: filling, limits: { memoryMiB: 32, cpuMs: 500 } })
    await fixture.get(target, '/1')
    nowMs = 1001
    await fixture.get(target, '/26')
    assert.equal(fixture.pool.residentInstances, 1)
    fixture.pool.sweep()
    assert.equal(fixture.pool.evictions.heap, 1)
  })

  it('is not replaced again and again where each request leaves that much garbage', async () => {
    await using fixture = new PoolFixture()
    const bundle = fetching('new Uint8Array(27 * 2 ** 20); return new Response("ok")')
    const target = fixture.define({ bundle, limits: { memoryMiB: 32, cpuMs: 500 } })
    for (let request = 0; request < 30; request++) {
      assert.equal((await fixture.get(target)).outcome.kind, 'ok')
      await turns(2)
      fixture.advance(200)
    }
    assert.equal(fixture.pool.evictions.heap, 2)
  })

  it('finishes what else it has, and takes nothing new', async () => {
    await using fixture = new PoolFixture()
    const bundle = `(() => { let kept; return { default: { async fetch(request) {
      if (request.method === 'GET') kept = new Uint8Array(26 * 2 ** 20)
      return new Response(await request.text()) } } } })()`
    const target = fixture.define({ bundle, limits: { memoryMiB: 32, cpuMs: 500 } })
    const running = hold(fixture, target)
    await turns()
    fixture.advance(200)
    await fixture.get(target)
    await turns(2)
    const next = hold(fixture, target)
    await turns()
    assert.deepEqual(
      fixture.pool.instances().map(({ leaves, inFlight }) => [leaves, inFlight]),
      [
        ['heap', 1],
        [null, 1],
      ],
    )
    assert.equal((await running.release()).outcome.kind, 'ok')
    assert.equal((await next.release()).outcome.kind, 'ok')
  })
})

describe('An idle instance', () => {
  it('that is provisioned outlives its idle timeout, and goes once it is provisioned no longer', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: holding, pool: { idleTimeoutMs: 1000, concurrency: 1 } })
    const held = [hold(fixture, target), hold(fixture, target)]
    await turns()
    for (const one of held) await one.release()
    fixture.pool.provisioning.set([{ target, count: 1 }])
    fixture.advance(1500)
    fixture.pool.sweep()
    assert.equal(fixture.pool.residentInstances, 1)
    fixture.pool.provisioning.set([])
    fixture.pool.sweep()
    assert.equal(fixture.pool.residentInstances, 0)
    assert.equal(fixture.pool.evictions.idle, 2)
  })
})
