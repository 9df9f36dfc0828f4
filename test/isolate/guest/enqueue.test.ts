import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AskedEnqueue, Guest } from './harness.ts'

const bindings = ['QUEUE', 'MAIL']

/** A fetch function with two bindings, whose body is `body`. */
function asking(body: string): Guest {
  return new Guest(
    `exports.default = { async fetch(request, env, ctx) { return Response.json((await (async () => { ${body} })()) ?? null) } }`,
    { bindings },
  )
}

/** The first call that the body asks for. */
function askedBy(body: string): AskedEnqueue {
  using guest = asking(body)
  guest.add()
  guest.run()
  return guest.enqueues[0]!
}

/** What the body answers when the host says that of its first call. */
function answered(body: string, answer: object): unknown {
  using guest = asking(body)
  const requestId = guest.add()
  guest.run()
  guest.resolveOp(guest.enqueues[0]!.opId, JSON.stringify(answer))
  guest.run()
  return JSON.parse(guest.answerOf(requestId).body)
}

/** What is thrown before the host is asked. */
function refused(expression: string): unknown {
  using guest = asking(`try { await ${expression} } catch (error) { return [error.name, error.message] }`)
  const answer = guest.callJson()
  assert.deepEqual(guest.enqueues, [])
  return answer
}

describe('env.<binding>.enqueue', () => {
  it('hands the event over and resolves with the id of the call', () => {
    const body = `const accepted = env.QUEUE.enqueue({ n: [1] }, { delayMs: 500, id: 'order-7' })
      return [accepted instanceof Promise, await accepted]`
    assert.deepEqual(askedBy(body), {
      opId: 1,
      requestId: 1,
      binding: 'QUEUE',
      event: { n: [1] },
      options: { delayMs: 500, id: 'order-7' },
    })
    assert.deepEqual(answered(body, { invocationId: 'c1' }), [true, { invocationId: 'c1' }])
  })

  const events: [expression: string, event: unknown][] = [
    ['', {}],
    ['undefined', {}],
    ['null', null],
    [`'text'`, 'text'],
    ['[1, undefined]', [1, null]],
    ['new Date(0)', '1970-01-01T00:00:00.000Z'],
  ]
  for (const [expression, event] of events) {
    it(`has the event ${JSON.stringify(event)} for (${expression})`, () => {
      assert.deepEqual(askedBy(`await env.MAIL.enqueue(${expression})`).event, event)
    })
  }

  for (const options of ['', ', undefined', ', null', ', {}', ', { delayMs: undefined, id: null }']) {
    it(`has no delay and no id for ({}${options})`, () => {
      const asked = askedBy(`await env.QUEUE.enqueue({}${options})`)
      assert.deepEqual(asked.options, { delayMs: null, id: null })
    })
  }

  const wrong: [expression: string, message: RegExp][] = [
    ['env.QUEUE.enqueue(() => {})', /^Cannot enqueue: the event is of type function, must have JSON$/],
    [`env.QUEUE.enqueue(Symbol('s'))`, /^Cannot enqueue: the event is of type symbol, must/],
    ['env.QUEUE.enqueue({ toJSON() {} })', /^Cannot enqueue: the event is of type object, must/],
    ['env.QUEUE.enqueue(1n)', /BigInt/],
    ['env.QUEUE.enqueue((() => { const loop = {}; loop.loop = loop; return loop })())', /circular/],
    ['env.QUEUE.enqueue({}, 5)', /^Cannot read options: number, must be an object$/],
    ['env.QUEUE.enqueue({}, { delayMs: -1 })', /delayMs is -1, must be a whole number from 0 to 604800000$/],
    ['env.QUEUE.enqueue({}, { delayMs: 604800001 })', /delayMs is 604800001, must/],
    ['env.QUEUE.enqueue({}, { delayMs: 1.5 })', /delayMs is 1.5, must/],
    ['env.QUEUE.enqueue({}, { delayMs: NaN })', /delayMs is NaN, must/],
    [`env.QUEUE.enqueue({}, { delayMs: '5' })`, /delayMs is string, must/],
    ['env.QUEUE.enqueue({}, { id: 7 })', /id is number, must be text of 1 to 128 bytes$/],
    [`env.QUEUE.enqueue({}, { id: '' })`, /id is text of 0 characters, must/],
    [`env.QUEUE.enqueue({}, { id: 'x'.repeat(129) })`, /id is text of 129 characters, must/],
    ['(0, env.QUEUE.enqueue)({})', /./],
    [`new env.QUEUE.constructor('OTHER')`, /^Illegal constructor$/],
  ]
  for (const [expression, message] of wrong) {
    it(`is a TypeError for ${expression}`, () => {
      const [name, text] = refused(expression) as [string, string]
      assert.equal(name, 'TypeError')
      assert.match(text, message)
    })
  }

  it('rejects, and never throws', () => {
    using guest = asking(
      `const promise = env.QUEUE.enqueue(1n, { id: 5 }); return promise.catch(({ name }) => name)`,
    )
    assert.equal(guest.callJson(), 'TypeError')
  })

  it('refuses an event of over a MiB without handing it over', () => {
    const body = `try { await env.QUEUE.enqueue('x'.repeat(2 ** 20 - 1)) } catch (error) { return [error.name, error.code] }`
    using guest = asking(body)
    assert.deepEqual(guest.callJson(), ['EnqueueError', 'payload_too_large'])
    assert.deepEqual(guest.enqueues, [])
  })

  const failing = `try { return await env.QUEUE.enqueue({}, { id: 'order-7' }) } catch (error) {
    return { isError: error instanceof Error, ...error, name: error.name, text: error.message, own: error.constructor.name,
      stack: error.stack.slice(0, 18) } }`

  it('rejects with the code of a refusal', () => {
    const answer = { code: 'queue_full', message: 'Cannot accept the call: full', details: {} }
    assert.deepEqual(answered(failing, answer), {
      isError: true,
      code: 'queue_full',
      name: 'EnqueueError',
      text: 'Cannot accept the call: full',
      own: 'EnqueueError',
      stack: 'EnqueueError: Cann',
    })
  })

  it('tells of a call that was made before which one it was, and its state', () => {
    const details = { invocationId: 'c0', state: 'Running' }
    const answer = { code: 'duplicate_invocation', message: 'Again', details }
    const { code, invocationId, state } = answered(failing, answer) as Record<string, unknown>
    assert.deepEqual([code, invocationId, state], ['duplicate_invocation', 'c0', 'Running'])
  })

  it('rejects with a TypeError for options that the host does not take', () => {
    const answer = { code: 'bad_request', message: 'its id cannot be printed', details: {} }
    const { name, code } = answered(failing, answer) as Record<string, unknown>
    assert.deepEqual([name, code], ['TypeError', undefined])
  })

  it('rejects with a TypeError when there are too many subrequests', () => {
    using guest = asking(failing)
    const requestId = guest.add()
    guest.run()
    guest.rejectOp(guest.enqueues[0]!.opId, 'Cannot enqueue: 50 subrequests were made')
    guest.run()
    assert.equal(JSON.parse(guest.answerOf(requestId).body).name, 'TypeError')
  })

  it('belongs to the request whose env it is, whatever others run in the instance', () => {
    using guest = asking('await null; await env.QUEUE.enqueue(new URL(request.url).pathname)')
    for (const url of ['http://h/1', 'http://h/2', 'http://h/3']) guest.add({ url })
    guest.run()
    assert.deepEqual(
      guest.enqueues.map(({ requestId, event }) => [requestId, event]),
      [
        [1, '/1'],
        [2, '/2'],
        [3, '/3'],
      ],
    )
  })

  it('that was kept for longer than its request belongs to the one that uses it', () => {
    using guest = new Guest(
      `let kept; exports.default = { fetch(request, env) { kept ??= env.QUEUE; kept.enqueue(); return new Response() } }`,
      { bindings },
    )
    guest.call()
    guest.call()
    assert.deepEqual(
      guest.enqueues.map(({ requestId }) => requestId),
      [1, 2],
    )
  })

  it('takes nothing of what the function patched', () => {
    using guest = asking(`
      Object.prototype.code = 'patched'
      Object.prototype.invocationId = 'patched'
      JSON.stringify = JSON.parse = Promise.prototype.then = () => 'patched'
      return { accepted: (await env.QUEUE.enqueue({ n: 1 })).invocationId }`)
    const requestId = guest.add()
    guest.run()
    assert.deepEqual(guest.enqueues[0]!.event, { n: 1 })
    guest.resolveOp(guest.enqueues[0]!.opId, '{"invocationId":"c1"}')
    guest.run()
    assert.equal(guest.resultOf(requestId)!.kind, 'response')
  })
})

describe('env', () => {
  it('holds bindings beside texts, frozen, with a name of its class', () => {
    using guest = asking(`
      return [Object.keys(env), Object.isFrozen(env), Object.prototype.toString.call(env.QUEUE), env.GREETING]`)
    const names = ['GREETING', 'QUEUE', 'MAIL']
    assert.deepEqual(guest.callJson(), [names, true, '[object FunctionBinding]', 'hi'])
  })

  it('is the same object for all requests of a function without bindings', () => {
    using guest = new Guest(
      `const seen = new Set(); exports.default = { fetch(request, env) { seen.add(env); return Response.json(seen.size) } }`,
    )
    guest.call()
    assert.equal(guest.callJson(), 1)
  })

  it('is in the context of an event function, with its bindings', () => {
    using guest = new Guest(
      `exports.handler = async (event, { env }) => { env.QUEUE.enqueue(event); return [env.GREETING, Object.keys(env)] }`,
      { bindings },
    )
    assert.deepEqual(guest.invoke({ n: 1 }), ['hi', ['GREETING', 'QUEUE', 'MAIL']])
    assert.deepEqual(guest.enqueues[0]!.event, { n: 1 })
  })
})
