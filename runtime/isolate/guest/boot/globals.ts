import type { EventTarget } from '../event/event-target.ts'
import { Headers } from '../fetch/headers.ts'
import { Request } from '../fetch/request.ts'
import { Response } from '../fetch/response.ts'
import { atomics, defineProperty, globalObject, TypeError } from '../primordials.ts'
import { queueMicrotask } from '../timer/microtask.ts'
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../timer/timers.ts'
import { defineGlobal, defineGlobalHandler, defineLazily } from './define-global.ts'

// What functions may use. Most of them never touch most of it.
defineGlobal('self', globalObject, true)
defineGlobal('Headers', Headers, false)
defineGlobal('Request', Request, false)
defineGlobal('Response', Response, false)
defineGlobal('setTimeout', setTimeout, true)
defineGlobal('setInterval', setInterval, true)
defineGlobal('clearTimeout', clearTimeout, true)
defineGlobal('clearInterval', clearInterval, true)
defineGlobal('queueMicrotask', queueMicrotask, true)

defineLazily('console', false, () => require('../console/console.ts').console)
defineLazily('fetch', true, () => require('../fetch/fetch.ts').fetch)
defineLazily('structuredClone', true, () => require('../messaging/structured-clone.ts').structuredClone)
defineLazily('addEventListener', true, () => eventTarget().addEventListener)
defineLazily('removeEventListener', true, () => eventTarget().removeEventListener)
defineLazily('dispatchEvent', true, () => eventTarget().dispatchEvent)
defineGlobalHandler('onerror', 'error')
defineGlobalHandler('onunhandledrejection', 'unhandledrejection')
defineGlobalHandler('onrejectionhandled', 'rejectionhandled')
defineLazily('reportError', true, () => require('../event/report-error.ts').reportError)
defineLazily('atob', true, () => require('../text/atob.ts').atob)
defineLazily('btoa', true, () => require('../text/atob.ts').btoa)
defineLazily('crypto', true, () => require('../crypto/crypto.ts').newCrypto())
defineLazily('performance', true, () => require('../platform/performance.ts').newPerformance())
defineLazily('navigator', true, () => require('../platform/navigator.ts').newNavigator())

defineLazily('AbortController', false, () => require('../event/abort-controller.ts').AbortController)
defineLazily('AbortSignal', false, () => require('../event/abort-signal.ts').AbortSignal)
defineLazily('Blob', false, () => require('../form/blob.ts').Blob)
defineLazily('Crypto', false, () => require('../crypto/crypto.ts').Crypto)
defineLazily('CryptoKey', false, () => require('../crypto/crypto-key.ts').CryptoKey)
defineLazily('CustomEvent', false, () => require('../event/custom-event.ts').CustomEvent)
defineLazily('DOMException', false, () => require('../event/dom-exception.ts').DOMException)
defineLazily('ErrorEvent', false, () => require('../event/error-event.ts').ErrorEvent)
defineLazily('Event', false, () => require('../event/event.ts').Event)
defineLazily('EventTarget', false, () => require('../event/event-target.ts').EventTarget)
defineLazily('File', false, () => require('../form/file.ts').File)
defineLazily('FormData', false, () => require('../form/form-data.ts').FormData)
defineLazily('MessageChannel', false, () => require('../messaging/message-channel.ts').MessageChannel)
defineLazily('MessageEvent', false, () => require('../messaging/message-event.ts').MessageEvent)
defineLazily('MessagePort', false, () => require('../messaging/message-port.ts').MessagePort)
defineLazily('Navigator', false, () => require('../platform/navigator.ts').Navigator)
defineLazily('Performance', false, () => require('../platform/performance.ts').Performance)
defineLazily(
  'PromiseRejectionEvent',
  false,
  () => require('../event/promise-rejection-event.ts').PromiseRejectionEvent,
)
defineLazily('ReadableStream', false, () => require('../stream/readable-stream.ts').ReadableStream)
defineLazily(
  'ByteLengthQueuingStrategy',
  false,
  () => require('../stream/queuing-strategies.ts').ByteLengthQueuingStrategy,
)
defineLazily(
  'CountQueuingStrategy',
  false,
  () => require('../stream/queuing-strategies.ts').CountQueuingStrategy,
)
defineLazily(
  'ReadableByteStreamController',
  false,
  () => require('../stream/byte-controller.ts').ReadableByteStreamController,
)
defineLazily(
  'ReadableStreamBYOBReader',
  false,
  () => require('../stream/byob-reader.ts').ReadableStreamBYOBReader,
)
defineLazily(
  'ReadableStreamBYOBRequest',
  false,
  () => require('../stream/byob-request.ts').ReadableStreamBYOBRequest,
)
defineLazily(
  'ReadableStreamDefaultController',
  false,
  () => require('../stream/readable-controller.ts').ReadableStreamDefaultController,
)
defineLazily(
  'ReadableStreamDefaultReader',
  false,
  () => require('../stream/default-reader.ts').ReadableStreamDefaultReader,
)
defineLazily('TransformStream', false, () => require('../stream/transform-stream.ts').TransformStream)
defineLazily(
  'TransformStreamDefaultController',
  false,
  () => require('../stream/transform-controller.ts').TransformStreamDefaultController,
)
defineLazily('WritableStream', false, () => require('../stream/writable-stream.ts').WritableStream)
defineLazily(
  'WritableStreamDefaultController',
  false,
  () => require('../stream/writable-controller.ts').WritableStreamDefaultController,
)
defineLazily(
  'WritableStreamDefaultWriter',
  false,
  () => require('../stream/default-writer.ts').WritableStreamDefaultWriter,
)
defineLazily('SubtleCrypto', false, () => require('../crypto/subtle-crypto.ts').SubtleCrypto)
defineLazily('TextDecoder', false, () => require('../text/text-decoder.ts').TextDecoder)
defineLazily('TextEncoder', false, () => require('../text/text-encoder.ts').TextEncoder)
defineLazily('URL', false, () => require('../url/url.ts').URL)
defineLazily('URLSearchParams', false, () => require('../url/url-search-params.ts').URLSearchParams)

// Waiting would hold the thread that all functions of the worker share.
defineProperty(atomics, 'wait', {
  __proto__: null,
  value: function wait(): never {
    throw new TypeError('Cannot wait: Atomics.wait is not allowed here')
  },
} as PropertyDescriptor)

// biome-ignore format: keeps the parentheses, see `primordials.ts`
const eventTarget = (function eventTarget(): EventTarget {
  return require('../event/event-target.ts').EventTarget.prototype
})
