import { defineProperty, globalObject } from '../primordials.ts'
import { defineGlobal } from './define-global.ts'

/** Operations and attributes; Web IDL has them enumerable. */
const operations = [
  'fetch',
  'structuredClone',
  'addEventListener',
  'removeEventListener',
  'dispatchEvent',
  'reportError',
  'atob',
  'btoa',
  'crypto',
  'performance',
  'navigator',
] as const

/** Interfaces and namespaces. */
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
  'MessageChannel',
  'MessageEvent',
  'MessagePort',
  'Navigator',
  'Performance',
  'PromiseRejectionEvent',
  'ReadableByteStreamController',
  'ReadableStream',
  'ReadableStreamBYOBReader',
  'ReadableStreamBYOBRequest',
  'ReadableStreamDefaultController',
  'ReadableStreamDefaultReader',
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
  'console',
] as const

type LazyName = (typeof operations)[number] | (typeof interfaces)[number]

/** One function for all: with one for each, every instance would hold a hundred that it never calls. */
function make(name: LazyName): object {
  switch (name) {
    case 'fetch':
      return require('../fetch/fetch.ts').fetch
    case 'structuredClone':
      return require('../messaging/structured-clone.ts').structuredClone
    case 'addEventListener':
      return require('../event/event-target.ts').EventTarget.prototype.addEventListener
    case 'removeEventListener':
      return require('../event/event-target.ts').EventTarget.prototype.removeEventListener
    case 'dispatchEvent':
      return require('../event/event-target.ts').EventTarget.prototype.dispatchEvent
    case 'reportError':
      return require('../event/report-error.ts').reportError
    case 'atob':
      return require('../text/atob.ts').atob
    case 'btoa':
      return require('../text/atob.ts').btoa
    case 'crypto':
      return require('../crypto/crypto.ts').newCrypto()
    case 'performance':
      return require('../platform/performance.ts').newPerformance()
    case 'navigator':
      return require('../platform/navigator.ts').newNavigator()
    case 'AbortController':
      return require('../event/abort-controller.ts').AbortController
    case 'AbortSignal':
      return require('../event/abort-signal.ts').AbortSignal
    case 'Blob':
      return require('../form/blob.ts').Blob
    case 'ByteLengthQueuingStrategy':
      return require('../stream/queuing-strategies.ts').ByteLengthQueuingStrategy
    case 'CompressionStream':
      return require('../compression/compression-stream.ts').CompressionStream
    case 'CountQueuingStrategy':
      return require('../stream/queuing-strategies.ts').CountQueuingStrategy
    case 'Crypto':
      return require('../crypto/crypto.ts').Crypto
    case 'CryptoKey':
      return require('../crypto/crypto-key.ts').CryptoKey
    case 'CustomEvent':
      return require('../event/custom-event.ts').CustomEvent
    case 'DOMException':
      return require('../event/dom-exception.ts').DOMException
    case 'DecompressionStream':
      return require('../compression/decompression-stream.ts').DecompressionStream
    case 'ErrorEvent':
      return require('../event/error-event.ts').ErrorEvent
    case 'Event':
      return require('../event/event.ts').Event
    case 'EventTarget':
      return require('../event/event-target.ts').EventTarget
    case 'File':
      return require('../form/file.ts').File
    case 'FormData':
      return require('../form/form-data.ts').FormData
    case 'MessageChannel':
      return require('../messaging/message-channel.ts').MessageChannel
    case 'MessageEvent':
      return require('../messaging/message-event.ts').MessageEvent
    case 'MessagePort':
      return require('../messaging/message-port.ts').MessagePort
    case 'Navigator':
      return require('../platform/navigator.ts').Navigator
    case 'Performance':
      return require('../platform/performance.ts').Performance
    case 'PromiseRejectionEvent':
      return require('../event/promise-rejection-event.ts').PromiseRejectionEvent
    case 'ReadableByteStreamController':
      return require('../stream/byte-controller.ts').ReadableByteStreamController
    case 'ReadableStream':
      return require('../stream/readable-stream.ts').ReadableStream
    case 'ReadableStreamBYOBReader':
      return require('../stream/byob-reader.ts').ReadableStreamBYOBReader
    case 'ReadableStreamBYOBRequest':
      return require('../stream/byob-request.ts').ReadableStreamBYOBRequest
    case 'ReadableStreamDefaultController':
      return require('../stream/readable-controller.ts').ReadableStreamDefaultController
    case 'ReadableStreamDefaultReader':
      return require('../stream/default-reader.ts').ReadableStreamDefaultReader
    case 'SubtleCrypto':
      return require('../crypto/subtle-crypto.ts').SubtleCrypto
    case 'TextDecoder':
      return require('../text/text-decoder.ts').TextDecoder
    case 'TextDecoderStream':
      return require('../text/text-decoder-stream.ts').TextDecoderStream
    case 'TextEncoder':
      return require('../text/text-encoder.ts').TextEncoder
    case 'TextEncoderStream':
      return require('../text/text-encoder-stream.ts').TextEncoderStream
    case 'TransformStream':
      return require('../stream/transform-stream.ts').TransformStream
    case 'TransformStreamDefaultController':
      return require('../stream/transform-controller.ts').TransformStreamDefaultController
    case 'URLPattern':
      return require('../url-pattern/url-pattern.ts').URLPattern
    case 'URL':
      return require('../url/url.ts').URL
    case 'URLSearchParams':
      return require('../url/url-search-params.ts').URLSearchParams
    case 'WritableStream':
      return require('../stream/writable-stream.ts').WritableStream
    case 'WritableStreamDefaultController':
      return require('../stream/writable-controller.ts').WritableStreamDefaultController
    case 'WritableStreamDefaultWriter':
      return require('../stream/default-writer.ts').WritableStreamDefaultWriter
    case 'console':
      return require('../console/console.ts').console
  }
}

/** Filled in anew for each global: objects without a prototype take a quarter of a KB, and there are many globals. */
const descriptor = { __proto__: null, configurable: true } as PropertyDescriptor

/** What is made when it is first touched. What somebody assigns instead is theirs. */
// biome-ignore format: keeps the parentheses, see `primordials.ts`
const defineLazily = (function defineLazily(name: LazyName, enumerable: boolean): void {
  descriptor.enumerable = enumerable
  descriptor.get = () => {
    const value = make(name)
    defineGlobal(name, value, enumerable)
    return value
  }
  descriptor.set = (value: unknown) => {
    const plain = { __proto__: null, value, writable: true, enumerable, configurable: true }
    defineProperty(globalObject, name, plain as PropertyDescriptor)
  }
  defineProperty(globalObject, name, descriptor)
})

/** What most functions never touch. */
// biome-ignore format: keeps the parentheses, see `primordials.ts`
export const defineLazyGlobals = (function defineLazyGlobals(): void {
  for (let index = 0; index < operations.length; index++) defineLazily(operations[index]!, true)
  for (let index = 0; index < interfaces.length; index++) defineLazily(interfaces[index]!, false)
})
