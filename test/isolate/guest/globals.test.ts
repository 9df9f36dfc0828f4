import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evaluate } from './harness.ts'
import { assertLikeNode } from './like-node.ts'

const classes = [
  'AbortController',
  'AbortSignal',
  'Blob',
  'Crypto',
  'CryptoKey',
  'CustomEvent',
  'DOMException',
  'ErrorEvent',
  'Event',
  'EventTarget',
  'File',
  'FormData',
  'Headers',
  'MessageChannel',
  'MessageEvent',
  'MessagePort',
  'Navigator',
  'Performance',
  'PromiseRejectionEvent',
  'ReadableStream',
  'Request',
  'Response',
  'SubtleCrypto',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'URLPattern',
  'URLSearchParams',
]
const functions = [
  'addEventListener',
  'atob',
  'btoa',
  'clearInterval',
  'clearTimeout',
  'dispatchEvent',
  'fetch',
  'queueMicrotask',
  'removeEventListener',
  'reportError',
  'setInterval',
  'setTimeout',
  'structuredClone',
]

describe('globals', () => {
  it('have their names, and are enumerable where Web IDL says so', () => {
    const body = `return ${JSON.stringify([...classes, ...functions])}.map((name) => {
      const value = globalThis[name]; const { enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name)
      return [typeof value, value.name, enumerable, writable, configurable] })`
    assert.deepEqual(evaluate(body), [
      ...classes.map((name) => ['function', name, false, true, true]),
      ...functions.map((name) => ['function', name, true, true, true]),
    ])
  })

  it('are the same however often they are asked for', () => {
    const body = `return ${JSON.stringify([...classes, ...functions, 'console', 'crypto', 'performance', 'navigator', 'self'])}.filter((name) => globalThis[name] !== globalThis[name])`
    assert.deepEqual(evaluate(body), [])
  })

  it('can be replaced before they are first touched, and the replacement is left as it is', () => {
    const body = `const mine = () => 'mine'; globalThis.fetch = mine; globalThis.URL = class Mine {}
      return [fetch(), fetch === mine, fetch.name, URL.name, new Request('http://a/b').url, self === globalThis, navigator.userAgent, typeof process, typeof require]`
    assert.deepEqual(evaluate(body), [
      'mine',
      true,
      'mine',
      'Mine',
      'http://a/b',
      true,
      'isolette/0',
      'undefined',
      'undefined',
    ])
  })

  it('tag their instances as in Node', () =>
    assertLikeNode(`return [new AbortController(), new AbortController().signal, new Blob(), crypto, new CustomEvent('x'), new DOMException(), new Event('x'), new EventTarget(),
      new File([], 'x'), new FormData(), new Headers(), performance, new ReadableStream(), new ReadableStream().getReader(), new Request('http://a'), new Response(),
      new TextDecoder(), new TextEncoder(), new URL('http://a'), new URLSearchParams()].map((one) => Object.prototype.toString.call(one))`))
})
