import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetching, PoolFixture, type TestFunction, textOf } from './pool-fixture.ts'

const hello = fetching('return new Response("hello")')

const failing: Readonly<
  Record<string, { readonly outcome: string; readonly message: RegExp } & TestFunction>
> = {
  'a handler that throws': {
    outcome: 'exception',
    message: /^too far$/,
    bundle: fetching('throw new RangeError("too far")'),
  },
  'a handler that rejects later': {
    outcome: 'exception',
    message: /^later$/,
    bundle: fetching('await new Promise((done) => setTimeout(done, 1)); throw new Error("later")'),
  },
  'a handler that returns no response': {
    outcome: 'exception',
    message: /Response/,
    bundle: fetching('return 7'),
  },
  'a module whose top level throws': {
    outcome: 'exception',
    message: /^top$/,
    bundle: '(() => { throw new TypeError("top") })()',
  },
  'a handler that waits for nothing': {
    outcome: 'no_response',
    message: /never answer/,
    bundle: fetching('await new Promise(() => {})'),
  },
  'an endless loop': {
    outcome: 'exceeded_cpu',
    message: /limits\.cpuMs, 10 ms/,
    bundle: fetching('for (;;);'),
    limits: { cpuMs: 10 },
  },
  'an endless promise chain': {
    outcome: 'exceeded_cpu',
    message: /limits\.cpuMs, 10 ms/,
    bundle: fetching('for (;;) await null'),
    limits: { cpuMs: 10 },
  },
  'a catastrophic regular expression': {
    outcome: 'exceeded_cpu',
    message: /limits\.cpuMs/,
    bundle: fetching('return new Response(String(/^(a+)+$/.test("a".repeat(40) + "b")))'),
    limits: { cpuMs: 10 },
  },
  'an answer that took more CPU than allowed': {
    outcome: 'exceeded_cpu',
    // On a busy machine it may take so long that the guardian stops it.
    message: /limits\.cpuMs(?: is|,) 1\b/,
    bundle: fetching('let x = 0; for (let i = 0; i < 5e6; i++) x += i % 7; return new Response(String(x))'),
    limits: { cpuMs: 1 },
  },
  'an endless top level': {
    outcome: 'exceeded_cpu',
    message: /top level was stopped/,
    bundle: '(() => { for (;;); })()',
  },
  'a leak': {
    outcome: 'exceeded_memory',
    message: /limits\.memoryMiB, 16 MiB/,
    bundle: fetching('const all = []; for (;;) all.push({ a: [1, 2, 3], b: "x" + all.length })'),
    limits: { memoryMiB: 16, cpuMs: 500 },
  },
  'a handler that waits too long': {
    outcome: 'exceeded_wall_time',
    message: /limits\.timeoutMs, 30 ms/,
    bundle: fetching('await new Promise((done) => setTimeout(done, 60_000))'),
    limits: { timeoutMs: 30 },
  },
  'a function that may run nothing': {
    outcome: 'throttled',
    message: /pool\.reserved/,
    bundle: hello,
    pool: { reserved: 0 },
  },
}

for (const [what, { outcome: expected, message, ...definition }] of Object.entries(failing)) {
  test(`Pool answers ${expected} for ${what}, and goes on with other functions`, async () => {
    await using fixture = new PoolFixture()
    const innocent = fixture.define({ name: 'innocent', bundle: hello })
    const running = fixture.get(fixture.define({ name: 'guilty', ...definition }))
    assert.equal(textOf(await fixture.get(innocent)), 'hello')
    const { outcome } = await running
    assert.equal(outcome.kind, expected)
    assert.match(
      outcome.kind === 'exception' ? outcome.error.message : 'message' in outcome ? outcome.message : '',
      message,
    )
    assert.equal(textOf(await fixture.get(innocent)), 'hello')
    assert.deepEqual(fixture.faults, [])
  })
}

test('Pool runs again those that had not begun when their instance was condemned, and interrupts those that had', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching('if (path === "/loop") for (;;); return new Response(path)'),
    limits: { cpuMs: 100 },
  })
  for (let request = 0; request < 40; request++) await fixture.get(target)
  const [before, loop, behind] = await fixture.getTogether(target, ['/before', '/loop', '/behind'])
  assert.equal(before!.outcome.kind, 'interrupted')
  assert.equal(loop!.outcome.kind, 'exceeded_cpu')
  assert.equal(textOf(behind!), '/behind')
  assert.equal(fixture.pool.evictions.condemned, 1)
})

test('Pool interrupts a request that waits in an instance condemned for another', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching(
      'if (path === "/loop") for (;;); await new Promise((done) => setTimeout(done, 60_000)); return new Response("")',
    ),
    limits: { cpuMs: 100 },
  })
  const waiting = fixture.get(target, '/wait')
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  assert.equal((await fixture.get(target, '/loop')).outcome.kind, 'exceeded_cpu')
  assert.equal((await waiting).outcome.kind, 'interrupted')
})

test('Pool answers overloaded when no instance becomes free before the deadline', async () => {
  await using fixture = new PoolFixture({ maxInstances: 1 })
  const busy = fixture.define({
    name: 'busy',
    bundle: fetching('await new Promise((done) => setTimeout(done, 200)); return new Response("")'),
  })
  const running = fixture.get(busy)
  await new Promise(setImmediate)
  const { outcome } = await fixture.get(fixture.define({ name: 'late', bundle: hello }), '/', 20)
  assert.equal(outcome.kind, 'overloaded')
  await running
})

test('Pool throttles when too many wait for an instance', async () => {
  await using fixture = new PoolFixture({ maxInstances: 1 })
  const blocker = fixture.define({
    name: 'blocker',
    bundle: fetching('await new Promise((done) => setTimeout(done, 50)); return new Response("")'),
  })
  const running = fixture.get(blocker)
  await new Promise(setImmediate)
  const target = fixture.define({ bundle: hello })
  const all = await fixture.getTogether(target, new Array(1001).fill('/'))
  const kinds = Object.groupBy(all, ({ outcome }) => outcome.kind)
  assert.equal(kinds.throttled?.length, 1)
  assert.equal(kinds.ok?.length, 1000)
  await running
})

test('Pool keeps pool.reserved over all versions of a function', async () => {
  await using fixture = new PoolFixture()
  const slow = fetching('await new Promise((done) => setTimeout(done, 20)); return new Response("ok")')
  const one = fixture.define({ bundle: slow, pool: { reserved: 2 } })
  const two = { ...fixture.define({ bundle: slow, pool: { reserved: 2 } }), label: 2 }
  const kinds = await Promise.all([fixture.get(one), fixture.get(two), fixture.get(one)])
  assert.deepEqual(
    kinds.map(({ outcome }) => outcome.kind),
    ['ok', 'ok', 'throttled'],
  )
})

test('Pool answers quarantined for versions in quarantine, until they leave it', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({ bundle: hello })
  await fixture.get(target)
  fixture.pool.setQuarantine([target.manifest.versionId])
  assert.equal((await fixture.get(target)).outcome.kind, 'quarantined')
  assert.equal(fixture.pool.residentInstances, 0)
  fixture.pool.setQuarantine([])
  assert.equal((await fixture.get(target)).outcome.kind, 'ok')
})

test('Pool charges requests that shared an entry equally', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching(
      'if (path === "/busy") { const end = Date.now() + 20; while (Date.now() < end); } return new Response("")',
    ),
    limits: { cpuMs: 500 },
  })
  for (let request = 0; request < 40; request++) await fixture.get(target)
  const [idle, busy] = await fixture.getTogether(target, ['/idle', '/busy'])
  assert.equal(idle!.usage.cpuMs, busy!.usage.cpuMs)
  assert.ok(busy!.usage.cpuMs > 2, `${busy!.usage.cpuMs} ms`)
})

test('Pool charges no time that the thread spends off its core', async () => {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  const wallMs = () => {
    Atomics.wait(cell, 0, 0, 60)
    return 0
  }
  await using fixture = new PoolFixture({ wallMs })
  const target = fixture.define({
    bundle: fetching('console.log("asks for the time"); return new Response("well")'),
    limits: { cpuMs: 40 },
  })
  const settled = await fixture.get(target)
  assert.equal(textOf(settled), 'well')
  assert.ok(settled.usage.cpuMs < 40, `${settled.usage.cpuMs} ms`)
})

test('Pool answers exception for a direct result that is too large to be passed on', async () => {
  await using fixture = new PoolFixture()
  const bundle = `({ handler: (event) => 'x'.repeat(event.length) })`
  const target = fixture.define({ bundle, limits: { cpuMs: 500 } })
  const small = await fixture.send(target, { length: 10 })
  assert.equal(small.outcome.kind === 'ok' && small.outcome.result, '"xxxxxxxxxx"')
  const large = await fixture.send(target, { length: 7 * 2 ** 20 })
  assert.equal(large.outcome.kind, 'exception')
})
