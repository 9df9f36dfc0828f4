import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Enqueued, GuestEnqueue } from '../../runtime/model/enqueue.ts'
import { type AttemptContext, type Invocation, noUsage, type Target } from '../../runtime/model/invocation.ts'
import type { Outcome } from '../../runtime/model/outcome.ts'
import { PoolFixture, type TestFunction } from './pool-fixture.ts'

class Enqueueing implements AsyncDisposable {
  readonly asked: GuestEnqueue[] = []
  /** Answers what was asked last. */
  answer: (enqueued: Enqueued) => void = () => {}
  readonly fixture = new PoolFixture({
    enqueue: (request) => {
      this.asked.push(request)
      return new Promise((resolve) => {
        this.answer = resolve
        if (this.answersAtOnce) resolve({ kind: 'enqueued', id: `c${this.asked.length}` })
      })
    },
  })
  answersAtOnce = true
  #ids = 0

  define(bundle: string, options: Partial<TestFunction> = {}): Target {
    const target = this.fixture.define({ bundle, ...options })
    return { ...target, manifest: { ...target.manifest, bindings: { QUEUE: 'worker' } } }
  }

  invoke(
    target: Target,
    event: Invocation['event'],
    attempt: AttemptContext | null = null,
  ): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const arrivedAtMs = this.fixture.nowMs()
    this.fixture.pool.invoke({
      id: `i${++this.#ids}`,
      target,
      event,
      attempt,
      arrivedAtMs,
      deadlineMs: arrivedAtMs + target.manifest.limits.timeoutMs,
      usage: noUsage(),
      onSettled: resolve,
    })
    return promise
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.fixture[Symbol.asyncDispose]()
  }
}

function direct(event: unknown): Invocation['event'] {
  return { kind: 'direct', json: JSON.stringify(event) }
}

function attempt(depth: number, number = 1): AttemptContext {
  return { number, enqueuedAtMs: 1_700_000_000_000, depth }
}

/** Awaits before it asks, as most functions do: then several requests go on in one entry. */
const asking = `({ async handler(event, { env }) {
  await null
  return await env.QUEUE.enqueue(event) } })`

describe('a call that a function enqueues', () => {
  it('is one deeper in its chain than what asks for it, whose child it is', async () => {
    await using calls = new Enqueueing()
    const target = calls.define(asking)
    const outcomes = await Promise.all([
      calls.invoke(target, direct('a')),
      calls.invoke(target, direct('b'), attempt(0)),
      calls.invoke(target, direct('c'), attempt(7)),
    ])
    for (const outcome of outcomes) assert.equal(outcome.kind, 'ok')
    assert.deepEqual(
      calls.asked.map(({ json, depth, parentId, reference }) => [json, depth, parentId, reference]),
      [
        ['"a"', 1, 'i1', 'worker'],
        ['"b"', 1, 'i2', 'worker'],
        ['"c"', 8, 'i3', 'worker'],
      ],
    )
  })

  it('is one deeper than the deepest in the instance if nobody can tell whose it is', async () => {
    await using calls = new Enqueueing()
    // The binding of a request that has ended, used after an `await` of three requests at once.
    const target = calls.define(`(() => { let kept; return { async handler(event, { env }) {
      if (event === 'keep') { kept = env.QUEUE; return }
      await new Promise((resolve) => setTimeout(resolve, 2))
      await null
      return await kept.enqueue(event) } } })()`)
    await calls.invoke(target, direct('keep'))
    await Promise.all([0, 9, 3].map((depth) => calls.invoke(target, direct(depth), attempt(depth))))
    const highest = Math.max(...calls.asked.map(({ depth }) => depth))
    assert.equal(highest, 10)
    for (const { json, depth } of calls.asked) assert.ok(depth > Number(json), `${json} became ${depth}`)
  })

  it('is a subrequest', async () => {
    await using calls = new Enqueueing()
    const target = calls.define(
      `({ async handler(event, { env }) { for (;;) await env.QUEUE.enqueue(event) } })`,
      { limits: { subrequests: 4 } },
    )
    const outcome = await calls.invoke(target, direct(1))
    assert.ok(outcome.kind === 'exception')
    assert.match(outcome.error.message, /^Cannot enqueue: 4 subrequests were made/)
    assert.equal(calls.asked.length, 4)
  })

  it('keeps the invocation waiting, and is made though the deadline passes', async () => {
    await using calls = new Enqueueing()
    calls.answersAtOnce = false
    const target = calls.define(asking, { limits: { timeoutMs: 50 } })
    const settled = calls.invoke(target, direct(1))
    assert.equal((await settled).kind, 'exceeded_wall_time')
    assert.equal(calls.asked.length, 1)
    calls.answer({ kind: 'enqueued', id: 'c1' })
  })

  it('is answered to an instance that is gone without harm', async () => {
    const calls = new Enqueueing()
    calls.answersAtOnce = false
    const outcome = calls.invoke(calls.define(asking), direct(1))
    while (calls.asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await calls[Symbol.asyncDispose]()
    calls.answer({ kind: 'enqueued', id: 'c1' })
    assert.equal((await outcome).kind, 'interrupted')
  })

  it('may be asked for by init', async () => {
    await using calls = new Enqueueing()
    const target = calls.define(`({ async init(env) { await env.QUEUE.enqueue('warm') }, handler: () => 1 })`)
    assert.equal((await calls.invoke(target, direct(1))).kind, 'ok')
    assert.match(calls.asked[0]!.parentId!, /^init-/)
  })
})

describe('a firing of a trigger', () => {
  const firing: Invocation['event'] = {
    kind: 'scheduled',
    json: '{"n":1}',
    cron: '0 * * * *',
    scheduledAtMs: 1_700_000_000_000,
  }

  it('is given to scheduled, whose result is the outcome', async () => {
    await using calls = new Enqueueing()
    const target = calls.define(
      `({ default: { scheduled: (event, env, ctx) => [event, ctx.attempt, ctx.enqueuedAt] } })`,
    )
    const outcome = await calls.invoke(target, firing, attempt(0, 2))
    assert.ok(outcome.kind === 'ok' && 'result' in outcome)
    assert.deepEqual(JSON.parse(outcome.result!), [
      { type: 'scheduled', cron: '0 * * * *', scheduledTime: 1_700_000_000_000, event: { n: 1 } },
      2,
      '2023-11-14T22:13:20.000Z',
    ])
  })

  it('is an exception of a scheduled that throws, and of one that never ends no response', async () => {
    await using calls = new Enqueueing()
    const throwing = calls.define(`({ default: { scheduled() { throw new Error('no') } } })`)
    assert.equal((await calls.invoke(throwing, firing)).kind, 'exception')
    const endless = calls.define(`({ default: { scheduled: () => new Promise(() => {}) } })`)
    assert.equal((await calls.invoke(endless, firing)).kind, 'no_response')
  })
})
