import { Headers } from '../fetch/headers.ts'
import { Request } from '../fetch/request.ts'
import { Response } from '../fetch/response.ts'
import { atomics, defineProperty, globalObject, TypeError } from '../primordials.ts'
import { queueMicrotask } from '../timer/microtask.ts'
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../timer/timers.ts'
import { defineGlobal, defineGlobalHandler } from './define-global.ts'
import { defineLazyGlobals } from './lazy-globals.ts'

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
defineLazyGlobals()

defineGlobalHandler('onerror', 'error')
defineGlobalHandler('onunhandledrejection', 'unhandledrejection')
defineGlobalHandler('onrejectionhandled', 'rejectionhandled')

// Memory of WebAssembly does not count as the instance's: `configure` gives it to functions that are allowed it.
delete (globalObject as { WebAssembly?: unknown }).WebAssembly

// Waiting would hold the thread that all functions of the worker share.
defineProperty(atomics, 'wait', {
  __proto__: null,
  value: function wait(): never {
    throw new TypeError('Cannot wait: Atomics.wait is not allowed here')
  },
} as PropertyDescriptor)
