import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { op } from '../../../runtime/isolate/abi.ts'
import { evaluate, Guest } from './harness.ts'

describe('parts of the bootstrap', () => {
  it('are not loaded for what every request goes through', () => {
    using guest = new Guest(
      `exports.default = { fetch: (request) => new Response(request.method + request.url + request.headers.get('a')) }`,
    )
    guest.call({ headers: { a: 'b' } })
    assert.equal(guest.calls.get(op.evaluatePart), undefined)
  })

  it('are loaded once', () => {
    using guest = new Guest(`exports.default = { fetch: () => new Response(new TextEncoder().encode('x')) }`)
    guest.call()
    const loads = guest.calls.get(op.evaluatePart)
    guest.call()
    assert.equal(guest.calls.get(op.evaluatePart), loads)
  })

  it('are loaded at one go: no promise goes on meanwhile, and none that was rejected hinders', () => {
    const code = `const order = []
      Promise.resolve().then(() => order.push('microtask'))
      const rejected = Promise.reject(new Error('x'))
      new FormData(); new URL('http://a/'); order.push('loaded')
      await 0
      rejected.catch(() => {})
      return order`
    assert.deepEqual(evaluate(code), ['loaded', 'microtask'])
  })

  it('are loaded later if the stack was used up', () => {
    using guest = new Guest(`let failures = 0
      const dig = () => { try { dig() } catch {}; try { new FormData() } catch (error) { failures++; if (!(error instanceof RangeError)) throw error } }
      exports.default = { fetch() {
        dig()
        const form = new FormData(); form.append('a', 'b')
        return Response.json([failures > 0, form.get('a')])
      } }`)
    assert.deepEqual(guest.callJson(), [true, 'b'])
  })

  it('are loaded past all that the guest made of the language', () => {
    using guest = new Guest(`const seen = [], { defineProperty } = Object
      const note = (value) => { if (seen.length < 5) defineProperty(seen, seen.length, { __proto__: null, value }) }
      const trap = (target, key) =>
        defineProperty(target, key, { __proto__: null, get() { note('get ' + key) }, set() { note('set ' + key) }, configurable: true })
      exports.default = { fetch() {
        for (let index = 0; index < 300; index++) { trap(Object.prototype, index); trap(Array.prototype, index) }
        trap(Object.prototype, 'value'); trap(Object.prototype, 'get'); trap(Object.prototype, 'set'); trap(Object.prototype, 'writable')
        trap(Object.prototype, 'enumerable'); trap(Object.prototype, 'configurable'); trap(Object.prototype, 'then'); trap(Object.prototype, '__proto__')
        Array.prototype[Symbol.iterator] = () => { note('iterator') }
        Function.prototype.call = Function.prototype.bind = () => note('function')
        Map.prototype.get = Map.prototype.set = Map.prototype.has = () => note('map')
        Object.prototype.toString = Object.defineProperty = Object.setPrototypeOf = Object.freeze = Reflect.apply = () => note('object')
        globalThis.Promise = globalThis.Symbol = globalThis.Map = globalThis.TypeError = globalThis.Uint8Array = null
        const loaded = [URL, TextEncoder, TextDecoder, FormData, AbortController, console, structuredClone, btoa, ReadableStream]
        return new Response(loaded.length + ' ' + seen.length + ' ' + new URL('http://ü/').host + new TextEncoder().encode('é').length)
      } }`)
    assert.equal(guest.call().body, '9 0 xn--tda2')
  })
})
