import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { usualPool } from '../../runtime/model/function.ts'
import type { InvocationUsage } from '../../runtime/model/invocation.ts'
import type { InstanceStatus } from '../../runtime/pool/status.ts'
import { fetching, PoolFixture, type Settled, textOf } from './pool-fixture.ts'

/** A module with hooks beside a handler that answers what they `said`, and the path. */
function hooked(hooks: string, setup = ''): string {
  return `(() => { let said = ''; ${setup}; return { default: { async fetch(request) {
    return new Response(said + new URL(request.url).pathname) }, ${hooks} } } })()`
}

function failureOf({ outcome }: Settled): { kind: string; text: string } {
  assert.notEqual(outcome.kind, 'ok')
  if (outcome.kind === 'ok') throw new Error()
  return { kind: outcome.kind, text: outcome.kind === 'exception' ? outcome.error.message : outcome.message }
}

describe('init', () => {
  it('runs once, before the first request, with env and a context', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: hooked(
        `async init(env, ctx) {
          turns++
          await new Promise((resolve) => setTimeout(resolve, 5))
          said = [turns, ctx.functionName, ctx.functionVersion, typeof env, ctx + '', this.mark].join()
        }, mark: 'm'`,
        'let turns = 0',
      ),
    })
    const answers = await fixture.getTogether(target, ['/a', '/b'])
    const said = '1,test,1,object,[object LifecycleContext],m'
    assert.deepEqual(answers.map(textOf), [`${said}/a`, `${said}/b`])
    assert.ok(answers.every(({ usage }) => usage.coldStart))
    assert.equal(textOf(await fixture.get(target, '/c')), `${said}/c`)
    assert.equal(fixture.pool.residentInstances, 1)
  })

  it('may be a named export; a method of the default export comes before one', async () => {
    await using fixture = new PoolFixture()
    const both = (method: string) =>
      `(() => { let said = 'none'; return { init() { said = 'named' }, default: { fetch: () => new Response(said) ${method} } } })()`
    const answers = await Promise.all(
      [both(''), both(`, init() { said = 'method' }`), both(`, init: 5`)].map((bundle) =>
        fixture.get(fixture.define({ bundle })),
      ),
    )
    assert.deepEqual(answers.map(textOf), ['named', 'method', 'named'])
    const handler = `(() => { let said; return { init() { said = 'begun' }, handler: async () => said } })()`
    const { outcome } = await fixture.send(fixture.define({ bundle: handler }), {})
    assert.deepEqual(outcome, { kind: 'ok', response: null, result: '"begun"' })
  })

  it('lets requests in while what it gave to waitUntil runs on', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: hooked(`init(env, ctx) {
        ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 20)).then(() => { said = 'later' })) }`),
    })
    assert.equal(textOf(await fixture.get(target, '/')), '/')
    const deadline = Date.now() + 2000
    while (textOf(await fixture.get(target, '/')) !== 'later/') assert.ok(Date.now() < deadline)
  })

  it('is charged and logged by itself', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: hooked(
        `async init() { console.log('begins'); const t = Date.now(); while (Date.now() < t + 80); }`,
      ),
      limits: { cpuMs: 15 },
    })
    const { outcome, usage } = await fixture.get(target)
    assert.equal(outcome.kind, 'ok')
    assert.ok(usage.cpuMs < 15)
    const [hook] = fixture.hooks
    assert.deepEqual(
      [hook!.hook, hook!.failure, hook!.usage.logLines.map(({ text }) => text)],
      ['init', null, ['begins']],
    )
    // Of 80 ms that pass, whatever a busy machine leaves.
    assert.ok(hook!.usage.cpuMs > 15)
  })

  it('has requests wait until their own deadlines', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: hooked(`init() { return new Promise((resolve) => setTimeout(resolve, 10_000)) }`),
    })
    const { settled } = fixture.begin(target, '/', 30)
    assert.equal((await settled).outcome.kind, 'overloaded')
  })

  it('is not counted as a request', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: hooked(`init() { return new Promise((resolve) => setTimeout(resolve, 5)) }`),
      pool: { reserved: 2 },
    })
    const answers = await fixture.getTogether(target, ['/a', '/b'])
    assert.deepEqual(answers.map(textOf), ['/a', '/b'])
    const [{ invocations, inFlight }] = fixture.pool.instances() as [InstanceStatus]
    assert.deepEqual([invocations, inFlight], [2, 0])
  })

  const failing: [what: string, hooks: string, kind: string, text: RegExp][] = [
    ['throws', `init() { throw new TypeError('no database') }`, 'exception', /^no database$/],
    ['rejects', `async init() { await null; throw new Error('later') }`, 'exception', /^later$/],
    ['never settles', `init() { return new Promise(() => {}) }`, 'no_response', /^init can never settle/],
    ['loops', `init() { for (;;); }`, 'exceeded_cpu', /^init was stopped over 1000 ms of CPU, or 500/],
    [
      'takes too much in many slices',
      `async init() { for (;;) { const t = Date.now(); while (Date.now() < t + 200); await new Promise((r) => setTimeout(r)) } }`,
      'exceeded_cpu',
      /^init was stopped over 1000 ms of CPU/,
    ],
    ['calls itself', `init() { return this.init() }`, 'exception', /stack/],
    [
      'allocates without end',
      `init() { const all = []; for (;;) all.push(Array.from({ length: 1000 }, () => ({}))) }`,
      'exceeded_memory',
      /memoryMiB/,
    ],
    [
      'throws what throws when it is read',
      `init() { throw { get message() { throw 1 }, get stack() { return this.stack } } }`,
      'exception',
      /./,
    ],
  ]
  for (const [what, hooks, kind, text] of failing) {
    it(`fails those who wait if it ${what}`, async () => {
      await using fixture = new PoolFixture()
      const target = fixture.define({ bundle: hooked(hooks), limits: { memoryMiB: 32 } })
      const [first, second] = await fixture.getTogether(target, ['/a', '/b'])
      const failure = failureOf(first!)
      assert.equal(failure.kind, kind)
      assert.match(failure.text, text)
      assert.deepEqual(second!.outcome, first!.outcome)
      assert.deepEqual(
        fixture.hooks.map(({ hook, failure }) => [hook, failure]),
        [['init', first!.outcome]],
      )
      assert.equal(fixture.pool.residentInstances, 0)
      assert.deepEqual([fixture.pool.evictions.init_failed, fixture.pool.evictions.condemned], [1, 0])
      assert.deepEqual(fixture.faults, [])
    })
  }

  it('fails nobody where another instance serves, and is not tried again at once', async () => {
    let made = 0
    const good = fetching(
      `await new Promise((resolve) => setTimeout(resolve, 20)); return new Response(path)`,
    )
    const bad = hooked(`init() { throw new Error('no database') }`)
    await using fixture = new PoolFixture({
      readBundle: () => ({ source: made++ === 0 ? good : bad, codeCache: null }),
    })
    const target = fixture.define({ bundle: '', pool: { concurrency: 1 } })
    await fixture.get(target)
    const answers = await fixture.getTogether(target, ['/a', '/b', '/c', '/d'])
    assert.deepEqual(answers.map(textOf), ['/a', '/b', '/c', '/d'])
    assert.deepEqual([made, fixture.pool.evictions.init_failed], [2, 1])
    fixture.advance(1001)
    await fixture.getTogether(target, ['/a', '/b'])
    assert.equal(made, 3)
  })

  it('fails only those who wait for it where others initialise', async () => {
    let made = 0
    const good = hooked(`init() { return new Promise((resolve) => setTimeout(resolve, 30)) }`)
    const bad = hooked(`init() { throw new Error('no database') }`)
    await using fixture = new PoolFixture({
      readBundle: () => ({ source: ++made === 2 ? bad : good, codeCache: null }),
    })
    const target = fixture.define({ bundle: '', pool: { concurrency: 2 } })
    const answers = await fixture.getTogether(target, ['/a', '/b', '/c', '/d', '/e'])
    assert.equal(answers.filter(({ outcome }) => outcome.kind === 'ok').length, 3)
    assert.equal(answers.filter(({ outcome }) => outcome.kind === 'exception').length, 2)
  })

  it('is tried anew by the next request', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: hooked(`init() { throw new Error(String(Math.random())) }`) })
    const first = failureOf(await fixture.get(target))
    assert.notEqual(failureOf(await fixture.get(target)).text, first.text)
  })

  it('rests for a while after it overran', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: hooked(`init() { for (;;); }`) })
    await fixture.get(target)
    assert.equal(failureOf(await fixture.get(target)).kind, 'exceeded_cpu')
    assert.equal(fixture.hooks.length, 1)
    fixture.advance(5001)
    await fixture.get(target)
    assert.equal(fixture.hooks.length, 2)
  })

  it('ends when it takes longer than it may', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: hooked(`init() { return new Promise((resolve) => setTimeout(resolve, 60_000)) }`),
    })
    const { settled } = fixture.begin(target)
    await new Promise((resolve) => setTimeout(resolve, 40))
    fixture.advance(10_020)
    const failure = failureOf(await settled)
    assert.deepEqual(failure, { kind: 'exceeded_wall_time', text: 'init did not settle within 10000 ms' })
  })

  it('is loaded and called once whatever becomes of the globals', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: hooked(
        `async init() { said += 'i'; delete globalThis.Promise; Object.prototype.then = 5; Reflect.apply = null; return 1 }`,
        `Promise.prototype.then = Promise.resolve = () => { throw new Error('patched') }`,
      ),
    })
    const [first] = await fixture.getTogether(target, ['/a'])
    assert.equal(textOf(first!), 'i/a')
  })
})

describe('shutdown', () => {
  /** Has all instances evicted that were idle for long. */
  function evict(fixture: PoolFixture): void {
    fixture.advance(usualPool.idleTimeoutMs + 1)
    fixture.pool.sweep()
  }

  async function until(isSo: () => boolean): Promise<void> {
    const deadline = Date.now() + 3000
    while (!isSo()) {
      assert.ok(Date.now() < deadline, `not within 3 s: ${isSo}`)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  function logged({ usage }: { usage: InvocationUsage }): string[] {
    return usage.logLines.map(({ text }) => text)
  }

  it('runs when an instance is evicted, which holds its place until then', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: hooked(`async shutdown(ctx, more) {
        await new Promise((resolve) => setTimeout(resolve, 3))
        console.log('bye', ctx.functionName, more)
        ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 3)).then(() => console.log('end'))) }`),
    })
    await fixture.get(target)
    evict(fixture)
    assert.equal(fixture.pool.residentInstances, 1)
    await until(() => fixture.pool.residentInstances === 0)
    const hooks = fixture.hooks.map((hook) => [hook.hook, hook.failure])
    assert.deepEqual(hooks, [['shutdown', null]])
    assert.deepEqual(logged(fixture.hooks[0]!), ['bye test undefined', 'end'])
    assert.equal(fixture.pool.evictions.idle, 1)
  })

  it('runs after init, with its function removed, and when the worker is to end', async () => {
    const bundle = hooked(`init() { said = 'open' }, shutdown() { console.log(said) }`)
    const ends = [
      (pool: PoolFixture['pool']) => pool.removeFunction('test'),
      (pool: PoolFixture['pool']) => pool.retireAll(),
    ]
    for (const end of ends) {
      await using fixture = new PoolFixture()
      await fixture.get(fixture.define({ bundle }))
      end(fixture.pool)
      await until(() => fixture.pool.residentInstances === 0)
      assert.deepEqual(fixture.hooks.map(logged), [[], ['open']])
    }
  })

  it('comes after requests', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: hooked(`async fetch() { await new Promise((resolve) => setTimeout(resolve, 10)); said += 'f' },
        shutdown() { console.log(said) }`),
    })
    const { settled } = fixture.begin(target)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    fixture.pool.removeFunction('test')
    await settled
    await until(() => fixture.pool.residentInstances === 0)
    assert.deepEqual(fixture.hooks.map(logged), [['f']])
  })

  it('ends what a request that was given up still does', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: hooked(`fetch({ url }) {
          if (url.endsWith('/quick')) return new Response('')
          return new Promise(() => setInterval(() => { said += '.' }, 1)) },
        shutdown() { console.log('ran') }`),
    })
    await fixture.get(target, '/quick')
    const { outcome } = await fixture.get(target, '/', 100)
    assert.equal(outcome.kind, 'exceeded_wall_time')
    fixture.pool.removeFunction('test')
    await until(() => fixture.pool.residentInstances === 0)
    assert.deepEqual(fixture.hooks.map(logged), [['ran']])
  })

  const failing: [what: string, hooks: string, kind: string][] = [
    ['throws', `shutdown() { throw new Error('no') }`, 'exception'],
    ['never settles', `shutdown() { return new Promise(() => {}) }`, 'no_response'],
    ['loops', `shutdown() { for (;;); }`, 'exceeded_cpu'],
    [
      'takes too much in many slices',
      `async shutdown() { for (;;) { const t = Date.now(); while (Date.now() < t + 30); await new Promise((r) => setTimeout(r)) } }`,
      'exceeded_cpu',
    ],
    [
      'patches what it can',
      `async shutdown() { Promise.prototype.then = () => {}; delete globalThis.Promise; throw 1 }`,
      'exception',
    ],
  ]
  for (const [what, hooks, kind] of failing) {
    it(`is recorded, and the instance is gone, if it ${what}`, async () => {
      await using fixture = new PoolFixture()
      await fixture.get(fixture.define({ bundle: hooked(hooks) }))
      evict(fixture)
      await until(() => fixture.pool.residentInstances === 0)
      assert.deepEqual(
        fixture.hooks.map(({ hook, failure }) => [hook, failure?.kind]),
        [['shutdown', kind]],
      )
      assert.deepEqual(fixture.faults, [])
    })
  }

  it('ends when it takes longer than it may, and so does what it gave to waitUntil', async () => {
    for (const waits of ['return', 'ctx.waitUntil']) {
      await using fixture = new PoolFixture()
      const target = fixture.define({
        bundle: hooked(`shutdown(ctx) { ${waits}(new Promise((resolve) => setTimeout(resolve, 60_000))) }`),
      })
      await fixture.get(target)
      evict(fixture)
      await new Promise((resolve) => setTimeout(resolve, 20))
      assert.equal(fixture.pool.residentInstances, 1)
      fixture.advance(1001)
      await until(() => fixture.pool.residentInstances === 0)
      const failures = [...fixture.hooks, ...fixture.ranOn].map(({ failure }) => failure?.kind)
      assert.ok(failures.includes('exceeded_wall_time'), `${failures}`)
    }
  })

  it('does not run in an instance that was condemned, or whose init failed or was not over', async () => {
    await using fixture = new PoolFixture()
    const shutdown = `shutdown() { console.log('ran') }`
    const define = (hooks: string) => fixture.define({ bundle: hooked(`${hooks}, ${shutdown}`) })
    await fixture.get(define('fetch() { for (;;); }'))
    await fixture.get(define('init() { throw 1 }'))
    const slow = define('init() { return new Promise((resolve) => setTimeout(resolve, 9000)) }')
    await fixture.get(slow, '/', 300)
    fixture.pool.retireAll()
    await until(() => fixture.pool.residentInstances === 0)
    assert.deepEqual(
      fixture.hooks.map(({ hook, failure }) => [hook, failure?.kind]),
      [
        ['init', 'exception'],
        ['init', 'interrupted'],
      ],
    )
  })

  it('is cut off when the worker ends', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: hooked(`shutdown() { return new Promise((resolve) => setTimeout(resolve, 900)) }`),
    })
    await fixture.get(target)
    evict(fixture)
    fixture.pool.close()
    assert.equal(fixture.pool.residentInstances, 0)
    assert.deepEqual(
      fixture.hooks.map(({ failure }) => failure?.kind),
      ['interrupted'],
    )
  })
})
