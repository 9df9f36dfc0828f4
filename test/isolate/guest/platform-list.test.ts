import assert from 'node:assert/strict'
import { test } from 'node:test'
import ivm from 'isolated-vm'
import { Guest } from './harness.ts'

/** The Minimum Common Web API, ECMA-429: interfaces on the global. */
const interfaces = [
  'AbortController',
  'AbortSignal',
  'Blob',
  'ByteLengthQueuingStrategy',
  'CompressionStream',
  'CountQueuingStrategy',
  'Crypto',
  'CryptoKey',
  'CustomEvent',
  'DOMException',
  'DecompressionStream',
  'ErrorEvent',
  'Event',
  'EventTarget',
  'File',
  'FormData',
  'Headers',
  'MessageChannel',
  'MessageEvent',
  'MessagePort',
  'Performance',
  'PromiseRejectionEvent',
  'ReadableByteStreamController',
  'ReadableStream',
  'ReadableStreamBYOBReader',
  'ReadableStreamBYOBRequest',
  'ReadableStreamDefaultController',
  'ReadableStreamDefaultReader',
  'Request',
  'Response',
  'SubtleCrypto',
  'TextDecoder',
  'TextDecoderStream',
  'TextEncoder',
  'TextEncoderStream',
  'TransformStream',
  'TransformStreamDefaultController',
  'URL',
  'URLPattern',
  'URLSearchParams',
  'WritableStream',
  'WritableStreamDefaultController',
  'WritableStreamDefaultWriter',
]

/** Its members of the global, beside `globalThis` and `WebAssembly`, which are the language's. */
const members = [
  'atob',
  'btoa',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'navigator',
  'onerror',
  'onrejectionhandled',
  'onunhandledrejection',
  'performance',
  'queueMicrotask',
  'reportError',
  'self',
  'setInterval',
  'setTimeout',
  'structuredClone',
]

/** What the list asks for without naming it: the global is an EventTarget, and `navigator` has a class. */
const implied = ['Navigator', 'addEventListener', 'dispatchEvent', 'removeEventListener']

test('the global holds what ECMA-429 lists and nothing besides the language', () => {
  using guest = new Guest('exports.default = { fetch() {} }')
  const isolate = new ivm.Isolate({ memoryLimit: 8 })
  const names = 'JSON.stringify(Object.getOwnPropertyNames(globalThis))'
  const language = new Set(JSON.parse(isolate.createContextSync().evalSync(names)) as string[])
  isolate.dispose()
  // V8 has one of its own, which says nothing to anybody.
  language.delete('console')
  const ours = (JSON.parse(guest.eval(names) as string) as string[]).filter((name) => !language.has(name))
  assert.deepEqual(ours.sort(), [...interfaces, ...members, ...implied].sort())
})

test('every interface is a class of that name, and its instances are told by it', () => {
  using guest = new Guest('exports.default = { fetch() {} }')
  for (const name of interfaces) {
    assert.equal(guest.eval(`typeof ${name}`), 'function', name)
    assert.equal(guest.eval(`${name}.name`), name)
    assert.equal(guest.eval(`${name}.prototype[Symbol.toStringTag]`), name)
  }
})

test('every member of the global is there', () => {
  using guest = new Guest('exports.default = { fetch() {} }')
  for (const name of members) assert.equal(guest.eval(`'${name}' in globalThis`), true, name)
  assert.equal(guest.eval('self === globalThis'), true)
  assert.equal(guest.eval('navigator.userAgent'), 'isolette/0')
})
