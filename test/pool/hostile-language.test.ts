import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PoolFixture, type Settled, textOf } from './pool-fixture.ts'

/** What a guest may do to the language and to its globals. Each is done at the top level, before any request. */
const patches: Readonly<Record<string, string>> = {
  'Promise.prototype.then': `Promise.prototype.then = () => { throw new Error('then') }`,
  'Array.prototype[Symbol.iterator]': `Array.prototype[Symbol.iterator] = () => { throw new Error('iterator') }; Object.getPrototypeOf([].values()).next = () => { throw new Error('next') }`,
  'methods of arrays and strings': `for (const prototype of [Array.prototype, String.prototype, Map.prototype, Set.prototype, RegExp.prototype])
      for (const key of Reflect.ownKeys(prototype)) if (typeof key === 'string' && key !== 'constructor') try { prototype[key] = () => { throw new Error('method') } } catch {}`,
  'call, apply and bind': `Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { throw new Error('call') }`,
  Reflect: `for (const key of Reflect.ownKeys(Reflect)) try { Reflect[key] = () => { throw new Error('reflect') } } catch {}`,
  'functions of Object': `for (const key of Reflect.ownKeys(Object)) if (typeof Object[key] === 'function') try { Object[key] = () => { throw new Error('object') } } catch {}`,
  'symbols of the language': `for (const symbol of [Symbol.iterator, Symbol.asyncIterator, Symbol.toPrimitive, Symbol.toStringTag, Symbol.species])
      try { Object.defineProperty(Object.prototype, symbol, { get() { throw new Error('symbol') } }) } catch {}`,
  'setters on Object.prototype': `for (const name of ['value', 'done', 'get', 'set', 'writable', 'enumerable', 'configurable', 'next', 'status', 'headers', 'body', 'requestId', 'resolve', 'reject', 'name', 'message', 'stack', 'cause', 'type', 'detail', 'signal', 'once', 'mode', '0', '1'])
      Object.prototype.__defineSetter__(name, () => { throw new Error('setter') })`,
  'Object.prototype.then': `Object.defineProperty(Object.prototype, 'then', { get() { return undefined }, set() { throw new Error('then') } })`,
  globals: `for (const name of ['Promise', 'Map', 'Set', 'Array', 'Object', 'Symbol', 'Error', 'TypeError', 'Uint8Array', 'ArrayBuffer', 'Response', 'Request', 'Headers', 'setTimeout', 'queueMicrotask', 'Event', 'EventTarget', 'AbortController', 'AbortSignal', 'MessageChannel', 'structuredClone', 'TextEncoder', 'TextDecoder', 'ReadableStream', 'URL'])
      globalThis[name] = function () { throw new Error(name) }`,
  'methods of the platform': `for (const { prototype } of [Request, Response, Headers, URL, EventTarget, Event, AbortSignal, ReadableStream, Blob])
      for (const key of Reflect.ownKeys(prototype)) if (key !== 'constructor') try { Object.defineProperty(prototype, key, { get() { throw new Error('platform') }, set() {} }) } catch {}`,
  'Error.prepareStackTrace': `Error.prepareStackTrace = () => { throw new Error('stack') }; Error.captureStackTrace = () => { throw new Error('capture') }`,
}

/**
 * Uses the platform with what it took of it before, and says in its answer and in its log which request it is: at once,
 * after promises, after a timer, after a message. Odd ones throw.
 */
function bundle(patch: string): string {
  return `(() => {
    const { Response, Error, setTimeout, MessageChannel, console, Promise } = globalThis
    const { port1, port2 } = new MessageChannel()
    const waiting = { __proto__: null }
    port1.onmessage = ({ data }) => { console.log(data); waiting[data]() }
    const { log } = console
    const urlOf = Object.getOwnPropertyDescriptor(Request.prototype, 'url').get
    urlOf.call = urlOf.call
    ${patch}
    return { default: { async fetch(request) {
      const url = urlOf.call(request)
      const path = 'at' + url[url.length - 1]
      log(path)
      await new Promise((done) => setTimeout(done, 1))
      const arrived = new Promise((done) => { waiting[path] = done })
      port2.postMessage(path)
      await arrived
      log(path)
      if (+path[2] % 2 === 1) throw new Error(path)
      return new Response(path)
    } } }
  })()`
}

function shown({ outcome, usage }: Settled): unknown {
  const answer = outcome.kind === 'exception' ? outcome.error.message : textOf({ outcome, usage })
  return [outcome.kind, answer, usage.logLines.map(({ text }) => text)]
}

describe('a guest that changes the language and its globals', () => {
  for (const [name, patch] of Object.entries(patches)) {
    it(`has each of its requests answered with its own answer, and its own log: ${name}`, async () => {
      await using fixture = new PoolFixture()
      const target = fixture.define({ bundle: bundle(patch), limits: { cpuMs: 500 } })
      const paths = Array.from({ length: 6 }, (_, index) => `/${index}`)
      const settled = await fixture.getTogether(target, paths)
      assert.deepEqual(
        settled.map(shown),
        paths.map((path, index) => {
          const text = `at${path.slice(1)}`
          return [index % 2 === 1 ? 'exception' : 'ok', text, [text, text, text]]
        }),
      )
      assert.equal(fixture.pool.residentInstances, 1)
      assert.deepEqual(fixture.faults, [])
    })
  }
})
