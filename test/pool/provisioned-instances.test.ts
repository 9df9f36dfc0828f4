import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Target } from '../../runtime/model/invocation.ts'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'

/** Lets provisioning make what it wants to, and waits until as many are ready. */
async function provision(fixture: PoolFixture, target: Target, count: number): Promise<void> {
  fixture.pool.provisioning.set([{ target, count }])
  await settle(fixture, count)
}

async function settle({ pool }: PoolFixture, ready: number): Promise<void> {
  for (let turns = 0; pool.provisioning.ready < ready; turns++) {
    assert.ok(turns < 10_000, `${pool.provisioning.ready} of ${ready} are ready`)
    pool.provisioning.tick()
    await turn()
  }
}

/** What is there, as `name` for each instance, least recently used first. */
function names({ pool }: PoolFixture): string[] {
  return pool.instances().map(({ functionName }) => functionName)
}

const hello = fetching(`return new Response('hello')`)

test('the first request finds an instance that has run its init', async () => {
  await using fixture = new PoolFixture()
  const bundle = `(() => { let inits = 0; return { default: {
    async init() { await new Promise((resolve) => setTimeout(resolve, 5)); inits++ },
    fetch: () => new Response(String(inits)) } } })()`
  const target = fixture.define({ bundle })
  await provision(fixture, target, 2)
  const first = await fixture.get(target)
  assert.equal(textOf(first), '1')
  assert.equal(first.usage.coldStart, false)
  assert.equal(fixture.pool.coldStarts, 0)
  assert.equal(fixture.pool.warmStarts, 1)
  assert.equal(fixture.pool.residentInstances, 2)
})

test('provisioned instances stay however long they are idle, until fewer are wanted', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({ bundle: hello })
  await provision(fixture, target, 2)
  fixture.advance(3_600_000)
  fixture.pool.sweep()
  assert.equal(fixture.pool.residentInstances, 2)
  fixture.pool.provisioning.set([{ target, count: 1 }])
  fixture.pool.sweep()
  assert.equal(fixture.pool.residentInstances, 1)
  fixture.pool.provisioning.set([])
  fixture.pool.sweep()
  assert.equal(fixture.pool.residentInstances, 0)
})

test('the place of a provisioned instance is the last to be taken', async () => {
  await using fixture = new PoolFixture({ maxInstances: 2 })
  const kept = fixture.define({ bundle: hello, name: 'kept' })
  await provision(fixture, kept, 1)
  for (const name of ['one', 'two', 'three']) {
    textOf(await fixture.get(fixture.define({ bundle: hello, name })))
    assert.deepEqual(names(fixture), ['kept', name])
  }
})

test('an instance that is condemned is replaced before anybody asks', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching(`if (path === '/spin') for (;;); return new Response('well')`),
    limits: { cpuMs: 10 },
  })
  await provision(fixture, target, 1)
  const { outcome } = await fixture.get(target, '/spin')
  assert.equal(outcome.kind, 'exceeded_cpu')
  await settle(fixture, 1)
  assert.equal((await fixture.get(target)).usage.coldStart, false)
})

test('each invocation of an ephemeral function takes one, and another is made', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: `(() => { let count = 0; return { default: { fetch: () => new Response(String(++count)) } } })()`,
    pool: { model: 'ephemeral' },
  })
  for (let round = 0; round < 3; round++) {
    await provision(fixture, target, 1)
    const answer = await fixture.get(target)
    assert.equal(textOf(answer), '1')
    assert.equal(answer.usage.coldStart, false)
    await turn()
  }
})

test('a version in quarantine has no instances made', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({ bundle: hello })
  await provision(fixture, target, 1)
  fixture.pool.setQuarantine([target.manifest.versionId])
  assert.equal(fixture.pool.residentInstances, 0)
  fixture.advance(10_000)
  fixture.pool.provisioning.tick()
  assert.equal(fixture.pool.residentInstances, 0)
  fixture.pool.setQuarantine([])
  fixture.advance(10_000)
  fixture.pool.provisioning.tick()
  assert.equal(fixture.pool.residentInstances, 1)
})

test('a module that throws is tried again only after a rest', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({ bundle: `(() => { throw new Error('never') })()` })
  fixture.pool.provisioning.set([{ target, count: 3 }])
  for (let ticks = 0; ticks < 50; ticks++) {
    fixture.advance(10)
    fixture.pool.provisioning.tick()
  }
  assert.equal(fixture.entered.length, 1)
})
