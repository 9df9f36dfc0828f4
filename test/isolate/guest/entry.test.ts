import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { progressIndex } from '../../../runtime/isolate/abi.ts'
import { Guest } from './harness.ts'

describe('load', () => {
  const cases: [name: string, code: string, kind: string][] = [
    ['a default export with fetch', 'exports.default = { fetch() {} }', 'fetch'],
    [
      'fetch on the prototype of the default export',
      'exports.default = new (class { fetch() {} })()',
      'fetch',
    ],
    ['a handler', 'exports.handler = () => {}', 'handler'],
    ['both', 'exports.default = { fetch() {} }; exports.handler = () => {}', 'fetch'],
    ['neither', 'exports.default = { other() {} }; exports.handler = 1', ''],
    ['a default export that is null', 'exports.default = null', ''],
  ]
  for (const [name, code, kind] of cases) {
    it(`finds ${JSON.stringify(kind)} in a module with ${name}`, () => {
      using guest = new Guest(code)
      assert.equal(guest.kind, kind)
    })
  }
})

describe('enter and collect', () => {
  it('answer every request of an entry with its own response, and say that each is done, once', () => {
    using guest = new Guest('exports.default = { fetch: (request) => new Response(request.url) }')
    const ids = [1, 2, 3].map((n) => guest.add({ url: `http://example.com/${n}` }))
    const results = guest.run()
    assert.deepEqual(
      ids.map((id) => guest.answerOf(id).body),
      ['http://example.com/1', 'http://example.com/2', 'http://example.com/3'],
    )
    assert.deepEqual(
      results.map(({ kind, requestId }) => [kind, requestId]),
      ids.flatMap((id) => [
        ['response', id],
        ['done', id],
      ]),
    )
    assert.deepEqual(guest.run(), [])
  })

  it('answer asynchronous handlers in the entry in which their microtasks end', () => {
    using guest = new Guest(`let resolve
      exports.default = { async fetch(request) {
        if (request.url.endsWith('/first')) await new Promise((go) => { resolve = go })
        else resolve()
        return new Response(request.url)
      } }`)
    const first = guest.add({ url: 'http://example.com/first' })
    assert.deepEqual(guest.run(), [])
    const second = guest.add({ url: 'http://example.com/second' })
    guest.run()
    assert.deepEqual([guest.doneCount(first), guest.doneCount(second)], [1, 1])
  })

  it('note whether a request is being started, and how many were', () => {
    using guest = new Guest(
      `exports.default = { fetch(request) { if (request.url.endsWith('/loop')) for (;;); } }`,
    )
    guest.add({ url: 'http://example.com/' })
    guest.run()
    assert.equal(guest.progress[progressIndex.isStarting], 0)
    assert.equal(guest.progress[progressIndex.startedCount], 1)
    guest.add()
    guest.add({ url: 'http://example.com/loop' })
    guest.add()
    assert.throws(() => guest.runFor(20))
    assert.equal(guest.progress[progressIndex.isStarting], 1)
    assert.equal(guest.progress[progressIndex.startedCount], 3)
  })

  it('give the handler its this, frozen env and a context', () => {
    using guest = new Guest(`exports.default = {
      name: 'me',
      fetch(request, env, ctx) {
        let frozen
        try { 'use strict'; env.X = 1; frozen = Object.isFrozen(env) } catch { frozen = true }
        const { invocationId, functionName, functionVersion } = ctx
        return Response.json({ name: this.name, env, frozen, invocationId, functionName, functionVersion })
      },
    }`)
    assert.deepEqual(guest.callJson(), {
      name: 'me',
      env: { GREETING: 'hi' },
      frozen: true,
      invocationId: '0198-test',
      functionName: 'hello',
      functionVersion: '3',
    })
  })
})

describe('waitUntil', () => {
  it('keeps a request that has answered until all its promises have settled', () => {
    using guest = new Guest(`exports.default = { fetch(request, env, ctx) {
      ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 10)))
      ctx.waitUntil(new Promise((_, reject) => setTimeout(reject, 20, new Error('late'))))
      return new Response('ok')
    } }`)
    const id = guest.add()
    guest.run()
    assert.equal(guest.answerOf(id).body, 'ok')
    assert.equal(guest.doneCount(id), 0)
    guest.nowMs = 10
    guest.wake()
    guest.run()
    assert.equal(guest.doneCount(id), 0)
    guest.nowMs = 20
    guest.wake()
    guest.run()
    assert.equal(guest.doneCount(id), 1)
    assert.match(guest.rejections[0]!.text, /^Error: late\n/)
    assert.equal(guest.rejections[0]!.requestId, id)
  })

  it('takes what is no promise, and promises that add others', () => {
    using guest = new Guest(`exports.default = { fetch(request, env, ctx) {
      ctx.waitUntil(1)
      ctx.waitUntil((async () => { await 0; ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 5))) })())
      return new Response('ok')
    } }`)
    const id = guest.add()
    guest.run()
    assert.equal(guest.doneCount(id), 0)
    guest.runTimers()
    assert.equal(guest.doneCount(id), 1)
  })

  it('is refused when the request has ended', () => {
    using guest = new Guest(`exports.default = { fetch(request, env, ctx) {
      setTimeout(() => { try { ctx.waitUntil(1) } catch (error) { console.log(error.message) } }, 1)
      return new Response('ok')
    } }`)
    guest.call()
    guest.runTimers()
    assert.equal(guest.logs[0]!.text, 'Cannot wait: the request has ended')
  })
})

describe('a handler that fails', () => {
  const cases: [name: string, code: string, error: { name: string; message: RegExp }][] = [
    ['throws', `() => { throw new RangeError('no') }`, { name: 'RangeError', message: /^no$/ }],
    ['rejects', `async () => { throw new Error('later') }`, { name: 'Error', message: /^later$/ }],
    ['throws a string', `() => { throw 'text' }`, { name: 'Error', message: /^text$/ }],
    ['throws undefined', `() => { throw undefined }`, { name: 'Error', message: /^undefined$/ }],
    ['throws an object', `() => { throw { code: 7 } }`, { name: 'Error', message: /^\{ code: 7 \}$/ }],
    ['throws a symbol', `() => { throw Symbol('s') }`, { name: 'Error', message: /^Symbol\(s\)$/ }],
    [
      'returns nothing',
      `() => {}`,
      { name: 'TypeError', message: /fetch returned undefined, must be a Response/ },
    ],
    ['returns null', `() => null`, { name: 'TypeError', message: /fetch returned null/ }],
    ['returns a string', `() => 'hi'`, { name: 'TypeError', message: /fetch returned string/ }],
    [
      'resolves to an object',
      `async () => ({})`,
      { name: 'TypeError', message: /fetch returned another object/ },
    ],
    [
      'returns what looks like a Response',
      `() => Object.create(Response.prototype)`,
      { name: 'TypeError', message: /another object/ },
    ],
    [
      'returns a Response that was read',
      `async () => { const r = new Response('x'); await r.text(); return r }`,
      { name: 'TypeError', message: /was read before/ },
    ],
    ['returns Response.error()', `() => Response.error()`, { name: 'TypeError', message: /Response.error/ }],
  ]
  for (const [name, code, error] of cases) {
    it(`and ${name} answers an error, and is done`, () => {
      using guest = new Guest(`exports.default = { fetch: ${code} }`)
      const id = guest.add()
      guest.run()
      const { name: errorName, message, stack } = guest.errorOf(id)
      assert.equal(errorName, error.name)
      assert.match(message, error.message)
      assert.notEqual(stack, '')
      assert.equal(guest.doneCount(id), 1)
      assert.deepEqual(guest.entryErrors, [])
    })
  }

  it('does not keep the others of its entry from answering', () => {
    using guest = new Guest(
      `let n = 0; exports.default = { fetch() { if (++n === 2) throw new Error('two'); return new Response('' + n) } }`,
    )
    const ids = [guest.add(), guest.add(), guest.add()] as const
    guest.run()
    assert.equal(guest.answerOf(ids[0]).body, '1')
    assert.equal(guest.errorOf(ids[1]).message, 'two')
    assert.equal(guest.answerOf(ids[2]).body, '3')
  })
})

describe('abort', () => {
  const code = `exports.default = { async fetch(request) {
    const { signal } = request
    signal.addEventListener('abort', () => console.log(signal.reason.name, signal.reason instanceof DOMException))
    await new Promise((resolve) => setTimeout(resolve, 50))
    return new Response('late')
  } }`
  for (const name of ['AbortError', 'TimeoutError']) {
    it(`aborts the request's signal with ${name}, drops the answer, and still says when it is done`, () => {
      using guest = new Guest(code)
      const id = guest.add()
      guest.run()
      guest.abort(id, name)
      guest.run()
      assert.deepEqual(guest.logs, [{ requestId: id, level: 1, text: `${name} true` }])
      guest.runTimers()
      assert.equal(guest.resultOf(id), undefined)
      assert.equal(guest.doneCount(id), 1)
    })
  }

  it('shows in a signal that is first asked for afterwards', () => {
    using guest = new Guest(`exports.default = { async fetch(request) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      console.log(request.signal.aborted, request.signal.reason.name)
    } }`)
    const id = guest.add()
    guest.run()
    guest.abort(id, 'TimeoutError')
    guest.run()
    guest.runTimers()
    assert.equal(guest.logs[0]!.text, 'true TimeoutError')
  })

  it('gives up a stream that is being sent', () => {
    using guest = new Guest(`exports.default = { fetch: () => new Response(new ReadableStream({
      async pull(controller) { await new Promise((resolve) => setTimeout(resolve, 10)); controller.enqueue(new Uint8Array(1)) },
      cancel() { console.log('cancelled') },
    })) }`)
    const id = guest.add()
    guest.run()
    guest.abort(id, 'AbortError')
    guest.run()
    guest.runTimers()
    assert.deepEqual([guest.logs[0]!.text, guest.doneCount(id)], ['cancelled', 1])
    const [sink] = [...guest.sinks.values()]
    assert.deepEqual(sink!.chunks, [])
  })

  it('of a request that is not there any more does nothing', () => {
    using guest = new Guest(`exports.default = { fetch: () => new Response('ok') }`)
    const id = guest.add()
    guest.run()
    guest.abort(id, 'AbortError')
    assert.deepEqual(guest.run(), [])
  })
})

describe('log lines', () => {
  it('carry their request while its handler runs, and in entries that are its own', () => {
    using guest = new Guest(`exports.default = { async fetch(request) {
      console.log('handler')
      await 0
      console.log('later')
      await new Promise((resolve) => setTimeout(resolve, 1))
      console.log('timer')
      return new Response('ok')
    } }`)
    const alone = guest.add()
    guest.run()
    guest.runTimers()
    const pair = [guest.add(), guest.add()]
    guest.run()
    assert.deepEqual(
      guest.logs.map(({ requestId, text }) => [requestId, text]),
      [
        [alone, 'handler'],
        [alone, 'later'],
        [alone, 'timer'],
        ...pair.map((id) => [id, 'handler']),
        [0, 'later'],
        [0, 'later'],
      ],
    )
  })
})
