import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Guest } from './harness.ts'

/** Replaces every method and accessor of the language that it can with one that keeps what it was given, and throws. */
const breakEverything = `
  const seen = globalThis.seen = Object.setPrototypeOf([], null)
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object
  const { ownKeys } = Reflect
  const keep = (...values) => { for (let i = 0; i < values.length; i++) seen[seen.length] = values[i]; throw new TypeErrorBefore('broken') }
  const TypeErrorBefore = TypeError
  const targets = [Object, Object.prototype, Function.prototype, Array, Array.prototype, String, String.prototype, Number, Number.prototype, Map.prototype, Set.prototype,
    Promise, Promise.prototype, Symbol, Symbol.prototype, RegExp.prototype, Date, Date.prototype, Math, JSON, Reflect, ArrayBuffer, ArrayBuffer.prototype, DataView.prototype,
    getPrototypeOf(Uint8Array), getPrototypeOf(Uint8Array.prototype), Uint8Array, Uint8Array.prototype, Error, Error.prototype, TypeError, TypeError.prototype, RangeError.prototype,
    getPrototypeOf([][Symbol.iterator]()), getPrototypeOf(getPrototypeOf([][Symbol.iterator]())), getPrototypeOf(function* () {}).prototype, getPrototypeOf(async function* () {}).prototype,
    Atomics, Boolean.prototype, BigInt.prototype, WeakMap.prototype,
    Request.prototype, Response.prototype, Response, Headers.prototype, URL.prototype, URLSearchParams.prototype, EventTarget.prototype, Event.prototype, AbortSignal.prototype, AbortSignal,
    ReadableStream.prototype, Blob.prototype, DOMException.prototype]
  // Loops by index, or the first thing to break would be this.
  const broken = () => { for (let t = 0; t < targets.length; t++) for (let keys = ownKeys(targets[t]), k = 0; k < keys.length; k++) {
    const target = targets[t], key = keys[k], property = getOwnPropertyDescriptor(target, key)
    if (!property.configurable && !property.writable || key === 'constructor' && target !== Promise.prototype) continue
    const replaced = function (...values) { return keep(this, ...values) }
    try {
      if ('value' in property) { if (typeof property.value === 'function') defineProperty(target, key, { value: replaced }) }
      else defineProperty(target, key, { get: replaced, set: replaced })
    } catch {}
  } }
  const prototypes = [Object.prototype, Array.prototype]
  const setters = () => { for (let p = 0; p < 2; p++) {
    for (let names = ['0', '1', '2', 'value', 'get', 'set', 'next', 'done', 'then', 'name', 'message', 'stack', 'kind', 'index', 'enumerable', 'status'], k = 0; k < names.length; k++)
      try { defineProperty(prototypes[p], names[k], { get() { seen[seen.length] = this; return undefined }, set(v) { seen[seen.length] = v }, configurable: true }) } catch {}
  } }
  const globals = () => { for (let keys = ownKeys(globalThis), k = 0; k < keys.length; k++) if (keys[k] !== 'seen' && keys[k] !== 'globalThis') try { const key = keys[k];  globalThis[key] = function (...values) { return keep(this, ...values) } } catch {} }
`

describe('a guest that breaks the language', () => {
  it('hurts nobody but itself: all requests are answered, and said to be done', () => {
    using guest = new Guest(`${breakEverything}
      const ResponseBefore = Response
      let n = 0
      exports.default = { fetch(request, env, ctx) {
        n++
        if (n === 1) { globals(); broken(); setters() }
        if (n % 4 === 1) return new ResponseBefore('sync')
        if (n % 4 === 2) return (async () => { await 1; return new ResponseBefore('async') })()
        if (n % 4 === 3) throw { get message() { throw 1 }, get stack() { return 'stack' }, name: 5 }
        ctx.waitUntil((async () => { await 0; throw 7 })())
        return new ResponseBefore('waits')
      } }`)
    const ids = Array.from({ length: 8 }, () => guest.add({ headers: { a: 'b' } }))
    guest.run()
    const kinds = ids
      .map((id) => guest.resultOf(id))
      .map((result) => (result?.kind === 'response' ? result.bodyText : result?.kind))
    assert.deepEqual(kinds, ['sync', 'async', 'error', 'waits', 'sync', 'async', 'error', 'waits'])
    assert.deepEqual(
      ids.map((id) => guest.doneCount(id)),
      ids.map(() => 1),
    )
    assert.deepEqual(guest.entryErrors, [])
    assert.equal(guest.rejections.length, 2)
    guest.abort(ids[0]!, 'AbortError')
    guest.wake()
    assert.deepEqual(guest.run(), [])
  })

  it('gets hold of nothing that the bootstrap keeps its books with', () => {
    using guest = new Guest(`${breakEverything}
      const ResponseBefore = Response, setTimeoutBefore = setTimeout, HeadersBefore = Headers, URLBefore = URL, fetchBefore = fetch
      const attempt = (action) => { try { action() } catch {} }
      const fields = ['requestId', 'invocationId', 'remainingMs', 'running', 'heapIndex', 'dueMs', 'application', 'config', 'rawHeaders', 'hrefEnd', 'resolve']
      globalThis.leaks = () => { let count = 0
        for (let i = 0; i < seen.length; i++) for (let k = 0; k < fields.length; k++)
          if ((typeof seen[i] === 'object' && seen[i] !== null || typeof seen[i] === 'function') && fields[k] in seen[i]) count++
        return count + ' of ' + (seen.length > 0 ? 'some' : 'none') }
      let n = 0
      exports.default = { fetch(request, env, ctx) {
        if (++n === 1) { broken(); setters() }
        attempt(() => request.signal); attempt(() => new HeadersBefore({ a: '1' }).get('a')); attempt(() => new URLBefore(request.url).searchParams)
        attempt(() => setTimeoutBefore(() => {}, 1)); attempt(() => fetchBefore('http://a/', { signal: request.signal }))
        attempt(() => ctx.waitUntil({ then(done) { seen[seen.length] = this } })); attempt(() => console.log({ a: [1] }, new Map([[1, 2]])))
        attempt(() => structuredClone({ a: [1] })); attempt(() => crypto.randomUUID()); attempt(() => request.clone()); attempt(() => request.text())
        return new ResponseBefore('ok', { headers: { a: 'b' } })
      } }`)
    const first = guest.add({ method: 'POST', body: 'x', headers: { a: 'b' } })
    guest.add()
    guest.run()
    guest.abort(first, 'TimeoutError')
    guest.nowMs = 5
    guest.wake()
    for (const { opId } of guest.fetches) guest.resolveOp(opId, '{}', 'x')
    guest.run()
    assert.equal(guest.eval('leaks()'), '0 of some')
  })
})

describe('the global of a guest', () => {
  it('holds nothing of the host', () => {
    using guest = new Guest('exports.default = { fetch() {} }')
    const names = JSON.parse(
      String(guest.eval('JSON.stringify(Reflect.ownKeys(globalThis).map(String))')),
    ) as string[]
    assert.deepEqual(
      names.filter((name) => /isolette|bootstrap|ivm|require|process|^_/i.test(name)),
      [],
    )
  })

  it('shows no function, object or argument of the bootstrap in stacks', () => {
    using guest = new Guest(`const found = []
      Error.prepareStackTrace = (error, sites) => {
        for (const site of sites) for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(site)))
          if (name !== 'constructor') { let value; try { value = site[name]() } catch {}; if (typeof value === 'function' || typeof value === 'object' && value !== null) found.push(name + ' ' + typeof value) }
        return sites.length
      }
      exports.default = { fetch() {
        'use strict'
        for (const attempt of [() => new URL('nonsense'), () => new Response('', { status: 1 }), () => setTimeout('x'), () => new Headers([['a b', '1']]), () => structuredClone(() => {})])
          try { attempt() } catch (error) { error.stack }
        new Headers([{ [Symbol.iterator]() { new Error().stack; return ['a', 'b'][Symbol.iterator]() } }])
        const stack = new Error().stack
        return Response.json([found, stack > 0])
      } }`)
    assert.deepEqual(guest.callJson(), [[], true])
  })

  it('has no callers to walk up to', () => {
    using guest = new Guest(`exports.default = { fetch: function handler() {
      const seen = []
      for (const key of ['caller', 'arguments']) { try { seen.push(typeof (function sloppy() { return sloppy[key] })()) } catch (error) { seen.push(error.name) } }
      try { seen.push(String(handler.caller)) } catch (error) { seen.push(error.name) }
      return Response.json(seen)
    } }`)
    assert.deepEqual(
      guest.callJson(),
      ['object', 'object', 'null'].map((value, index) => (index === 0 ? 'function' : value)),
    )
  })

  it('waits on no shared memory', () => {
    using guest = new Guest(`exports.default = { fetch() {
      try { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10) } catch (error) { return new Response(error.message) }
    } }`)
    assert.match(guest.call().body, /^Cannot wait/)
  })
})

describe('numbers that a guest has a say in', () => {
  const responses: [name: string, code: string][] = [
    [
      'a status that is another each time',
      `new Response('x', { get status() { return { n: 200, valueOf() { return this.n++ } } } })`,
    ],
    [
      'a status that is text with commas',
      `new Response('x', { status: { toString: () => '200', valueOf: () => '2e2' } })`,
    ],
    [
      'bytes whose length lies',
      `(() => { const b = new Uint8Array(2); Object.defineProperty(b, 'length', { get: () => '1,4,9' }); Object.defineProperty(b, 'byteLength', { get: () => '9,9' }); return new Response(b) })()`,
    ],
    [
      'a body that shrinks',
      `(() => { const buffer = new ArrayBuffer(8, { maxByteLength: 8 }); const r = new Response(buffer); buffer.resize(0); return r })()`,
    ],
  ]
  for (const [name, code] of responses) {
    it(`cannot break frames: ${name}`, () => {
      using guest = new Guest(`exports.default = { fetch: () => ${code} }`)
      const ids = [guest.add(), guest.add()] as const
      guest.run()
      for (const id of ids) {
        assert.equal(guest.answerOf(id).status, 200)
        assert.equal(guest.doneCount(id), 1)
      }
    })
  }
})

describe('errors that a guest made up', () => {
  const errors: [
    name: string,
    code: string,
    check: (error: { name: string; message: string; stack: string }) => void,
  ][] = [
    [
      'are cut',
      `Object.assign(new Error('m'.repeat(1e6)), { name: 'n'.repeat(1e6), stack: 's'.repeat(1e6) })`,
      (error) =>
        assert.deepEqual([error.name.length, error.message.length, error.stack.length], [256, 8192, 32_768]),
    ],
    [
      'may be proxies whose traps throw',
      `new Proxy(new Error('x'), { get() { throw 1 }, ownKeys() { throw 2 }, getPrototypeOf() { throw 3 } })`,
      (error) => assert.equal(error.name, 'Error'),
    ],
    [
      'may have getters that throw',
      `{ get name() { throw 1 }, get message() { throw 2 }, get stack() { throw 3 } }`,
      (error) => assert.equal(error.name, 'Error'),
    ],
    [
      'may hold what is no text',
      `{ name: {}, message: 5, stack: null }`,
      (error) => assert.equal(error.name, 'Error'),
    ],
    [
      'may throw when they become text',
      `{ [Symbol.toPrimitive]() { throw 1 }, toString() { throw 2 } }`,
      (error) => assert.equal(error.name, 'Error'),
    ],
    [
      'may be revoked proxies',
      `(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()`,
      (error) => assert.equal(error.message, 'a value that cannot be shown'),
    ],
    ['may be functions', `() => {}`, (error) => assert.equal(error.message, '[Function (anonymous)]')],
  ]
  for (const [name, code, check] of errors) {
    for (const way of ['() => { throw ERROR }', 'async () => { throw ERROR }']) {
      it(`${name}: ${way.startsWith('async') ? 'rejected' : 'thrown'}`, () => {
        using guest = new Guest(`exports.default = { fetch: ${way.replace('ERROR', code)} }`)
        const id = guest.add()
        guest.run()
        check(guest.errorOf(id))
        assert.equal(guest.doneCount(id), 1)
      })
    }
  }
})

describe('thenables that a guest made up', () => {
  const thenables: [name: string, code: string, kind: string][] = [
    ['resolve', `{ then(resolve) { resolve(new Response('x')) } }`, 'response'],
    ['reject', `{ then(_, reject) { reject(new Error('x')) } }`, 'error'],
    ['throw', `{ then() { throw new Error('x') } }`, 'error'],
    ['throw when asked for then', `{ get then() { throw new Error('x') } }`, 'error'],
    [
      'settle again and again',
      `{ then(resolve, reject) { resolve(new Response('x')); reject(1); resolve(2) } }`,
      'response',
    ],
    [
      'resolve to another',
      `{ then(resolve) { resolve({ then(resolve) { resolve(new Response('x')) } }) } }`,
      'response',
    ],
    [
      'are promises with a constructor of their own',
      `(() => { const p = Promise.resolve(new Response('x')); Object.defineProperty(p, 'constructor', { get() { throw new Error('x') } }); return p })()`,
      'error',
    ],
    [
      'are promises with a then of their own',
      `(() => { const p = Promise.resolve(new Response('x')); p.then = () => { throw 1 }; return p })()`,
      'response',
    ],
    [
      'are responses with a then',
      `(() => { const r = new Response('x'); r.then = () => { throw 1 }; return r })()`,
      'response',
    ],
  ]
  for (const [name, code, kind] of thenables) {
    it(`answer once: those that ${name}`, () => {
      using guest = new Guest(`exports.default = { fetch: () => (${code}) }`)
      const id = guest.add()
      guest.run()
      assert.equal(guest.resultOf(id)?.kind, kind)
      assert.equal(guest.results.filter((result) => result.requestId === id).length, 2)
      assert.deepEqual(guest.entryErrors, [])
    })
  }
})

describe('a rejection that nobody handles', () => {
  it('is the error of the entry in which it happens; all that the entry answered is collected all the same', () => {
    using guest = new Guest(
      `exports.default = { fetch() { Promise.reject(new RangeError('left alone')); return new Response('ok') } }`,
    )
    const id = guest.add()
    guest.run()
    assert.equal(guest.answerOf(id).body, 'ok')
    assert.equal(guest.entryErrors.length, 1)
    assert.equal((guest.entryErrors[0] as Error).message, 'left alone')
  })

  it('is none if it is handled within the entry', () => {
    using guest = new Guest(
      `exports.default = { async fetch() { const p = Promise.reject(new Error('x')); await 0; await p.catch(() => {}); return new Response('ok') } }`,
    )
    guest.call()
    assert.deepEqual(guest.entryErrors, [])
  })
})
