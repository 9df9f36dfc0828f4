import { defineGlobal, defineLazily } from './define-global.ts'
import { Headers } from './headers.ts'
import { queueMicrotask } from './microtask.ts'
import { atomics, defineProperty, globalObject, TypeError } from './primordials.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'
import { clearInterval, clearTimeout, setInterval, setTimeout } from './timers.ts'

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

defineLazily('console', false, () => require('./console.ts').console)
defineLazily('fetch', true, () => require('./fetch.ts').fetch)
defineLazily('structuredClone', true, () => require('./structured-clone.ts').structuredClone)
defineLazily('atob', true, () => require('./atob.ts').atob)
defineLazily('btoa', true, () => require('./atob.ts').btoa)
defineLazily('crypto', true, () => new (require('./crypto.ts').Crypto)())
defineLazily('performance', true, () => new (require('./performance.ts').Performance)())
defineLazily('navigator', true, () => new (require('./navigator.ts').Navigator)())

defineLazily('AbortController', false, () => require('./abort-controller.ts').AbortController)
defineLazily('AbortSignal', false, () => require('./abort-signal.ts').AbortSignal)
defineLazily('Blob', false, () => require('./blob.ts').Blob)
defineLazily('Crypto', false, () => require('./crypto.ts').Crypto)
defineLazily('CustomEvent', false, () => require('./custom-event.ts').CustomEvent)
defineLazily('DOMException', false, () => require('./dom-exception.ts').DOMException)
defineLazily('Event', false, () => require('./event.ts').Event)
defineLazily('EventTarget', false, () => require('./event-target.ts').EventTarget)
defineLazily('File', false, () => require('./file.ts').File)
defineLazily('FormData', false, () => require('./form-data.ts').FormData)
defineLazily('Navigator', false, () => require('./navigator.ts').Navigator)
defineLazily('Performance', false, () => require('./performance.ts').Performance)
defineLazily('ReadableStream', false, () => require('./readable-stream.ts').ReadableStream)
defineLazily('TextDecoder', false, () => require('./text-decoder.ts').TextDecoder)
defineLazily('TextEncoder', false, () => require('./text-encoder.ts').TextEncoder)
defineLazily('URL', false, () => require('./url.ts').URL)
defineLazily('URLSearchParams', false, () => require('./url-search-params.ts').URLSearchParams)

// Waiting would hold the thread that all functions of the worker share.
defineProperty(atomics, 'wait', {
  __proto__: null,
  value: function wait(): never {
    throw new TypeError('Cannot wait: Atomics.wait is not allowed here')
  },
} as PropertyDescriptor)
