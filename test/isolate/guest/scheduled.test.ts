import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Guest } from './harness.ts'

const cron = '*/5 * * * *'
const scheduledAtMs = Date.UTC(2026, 0, 2, 3, 5)

/** What the function answers when a trigger fires whose event is `{ n: 1 }`. */
function fired(code: string): unknown {
  using guest = new Guest(code)
  const requestId = guest.addFiring({ n: 1 }, cron, scheduledAtMs)
  guest.run()
  guest.runTimers()
  const result = guest.resultOf(requestId)
  assert.equal(guest.doneCount(requestId), 1)
  return result?.kind === 'result' ? JSON.parse(result.json) : result
}

describe('scheduled', () => {
  it('is called with the firing, env and ctx, and its result is the answer', () => {
    const code = `exports.default = { name: 'self', async scheduled(event, env, ctx) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      return [event, env.GREETING, ctx.invocationId, this.name] } }`
    assert.deepEqual(fired(code), [
      { type: 'scheduled', cron, scheduledTime: scheduledAtMs, event: { n: 1 } },
      'hi',
      '0198-test',
      'self',
    ])
  })

  for (const exports of [
    `exports.default = { fetch() {}, scheduled: () => 'it' }`,
    `exports.handler = () => {}; exports.scheduled = () => 'it'`,
  ])
    it(`is what triggers call, also of ${exports}`, () => assert.equal(fired(exports), 'it'))

  it('that throws answers an error', () => {
    const result = fired(`exports.default = { scheduled() { throw new Error('no') } }`) as { kind: string }
    assert.equal(result.kind, 'error')
  })

  it('lets the invocation wait for what it gives to waitUntil', () => {
    using guest = new Guest(`exports.default = { scheduled(event, env, ctx) {
      ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 5))) } }`)
    const requestId = guest.addFiring({}, cron, scheduledAtMs)
    guest.run()
    assert.deepEqual([guest.resultOf(requestId)?.kind, guest.doneCount(requestId)], ['result', 0])
    guest.runTimers()
    assert.equal(guest.doneCount(requestId), 1)
  })

  it('that is missing leaves the event to the handler', () => {
    assert.deepEqual(fired('exports.handler = (event) => event'), { n: 1 })
  })

  it('that is missing leaves the event to fetch, as a request', () => {
    using guest = new Guest(`exports.default = { async fetch(request) {
      return new Response(request.method + new URL(request.url).pathname) } }`)
    const requestId = guest.addFiring({ method: 'POST', path: '/tick' }, cron, scheduledAtMs)
    guest.run()
    const result = guest.resultOf(requestId)
    assert.ok(result?.kind === 'result')
    assert.equal(JSON.parse(result.json).body, 'POST/tick')
  })
})

describe('a module that exports scheduled alone', () => {
  const alone = `exports.default = { scheduled: () => 'it' }`

  it('can be loaded, and says what it exports', () => {
    using guest = new Guest(alone)
    assert.equal(guest.kind, 'scheduled,scheduled')
    using other = new Guest('exports.default = { fetch() {}, scheduled: 5 }')
    assert.equal(other.kind, 'fetch,!scheduled')
    using none = new Guest('exports.default = { scheduled: 5 }')
    assert.equal(none.kind, '')
  })

  it('answers requests and events with an error that says so', () => {
    using guest = new Guest(alone)
    for (const requestId of [guest.add(), guest.addEvent({})]) {
      guest.run()
      assert.match(guest.errorOf(requestId).message, /^Cannot answer: the module exports only scheduled/)
      assert.equal(guest.doneCount(requestId), 1)
    }
  })
})

describe('the signal of a context', () => {
  const waiting = `({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => {
    console.log('stopped: ' + signal.reason.name); resolve() }))`
  const functions: [name: string, code: string, begin: (guest: Guest) => number][] = [
    ['fetch', `exports.default = { fetch: async (r, e, ctx) => (${waiting})(ctx) }`, (guest) => guest.add()],
    [
      'handler',
      `exports.handler = async (event, context) => (${waiting})(context)`,
      (guest) => guest.addEvent({}),
    ],
    [
      'scheduled',
      `exports.default = { scheduled: async (v, e, ctx) => (${waiting})(ctx) }`,
      (guest) => guest.addFiring({}, cron, scheduledAtMs),
    ],
  ]
  for (const [name, code, begin] of functions) {
    it(`aborts when ${name} is to stop`, () => {
      using guest = new Guest(code)
      const requestId = begin(guest)
      guest.run()
      guest.abort(requestId, 'AbortError')
      guest.run()
      assert.deepEqual(
        guest.logs.map(({ text }) => text),
        ['stopped: AbortError'],
      )
    })
  }
})

describe('an attempt', () => {
  const attempt = { number: 3, enqueuedAtMs: scheduledAtMs }
  const told = [3, '2026-01-02T03:05:00.000Z']
  const fetching = `exports.default = { async fetch(request, env, ctx) {
    await null
    return Response.json([ctx.attempt, ctx.enqueuedAt]) } }`

  it('is told to fetch', () => {
    using guest = new Guest(fetching)
    assert.deepEqual(guest.callJson({ attempt }), told)
  })

  it('is told to a handler, by event and by request, and to scheduled', () => {
    using guest = new Guest(`
      exports.handler = (event, { attempt, enqueuedAt }) => [attempt, enqueuedAt]
      exports.default = { scheduled: (event, env, { attempt, enqueuedAt }) => [attempt, enqueuedAt] }`)
    const ids = [guest.addEvent({}, attempt), guest.addFiring({}, cron, scheduledAtMs, attempt)]
    guest.run()
    for (const requestId of ids) {
      const result = guest.resultOf(requestId)
      assert.ok(result?.kind === 'result')
      assert.deepEqual(JSON.parse(result.json), told)
    }
    assert.deepEqual(guest.callJson({ attempt }), told)
  })

  it('is the first, enqueued never, for whom somebody waits', () => {
    using guest = new Guest(fetching)
    assert.deepEqual(guest.callJson(), [1, null])
    using other = new Guest('exports.handler = (event, { attempt, enqueuedAt }) => [attempt, enqueuedAt]')
    assert.deepEqual(other.invoke({}), [1, null])
  })

  it('is that of its own request alone, in one entry with others', () => {
    using guest = new Guest(fetching)
    const ids = [guest.add({ attempt }), guest.add(), guest.add({ attempt: { ...attempt, number: 1 } })]
    guest.run()
    const answers = ids.map((id) => JSON.parse(guest.answerOf(id).body)[0])
    assert.deepEqual(answers, [3, 1, 1])
    assert.equal(JSON.parse(guest.answerOf(ids[1]!).body)[1], null)
  })
})
