/**
 * `node:async_hooks` for functions: part of the bundle of each function that imports it, evaluated before the modules
 * that do. Unlike the rest of the guest's side it is the function's own code and names the globals as it finds them.
 *
 * V8 tells no one in an isolate when a native `await` continues. So such bundles are compiled with their async functions
 * lowered onto promises, and here `then` and the timers take the context along that was current when they were called.
 * Out of reach: code that the bundler never saw (`new AsyncFunction`), and the `then` of a foreign thenable that is
 * *returned* from an async function; awaiting it works.
 *
 * The host enters with no context, and everything below that sets one restores what was before: whatever else is called
 * from the host or from the microtask queue begins without.
 */

/** What each storage holds; never changed, replaced whole. */
type Context = ReadonlyMap<AsyncLocalStorage<unknown>, unknown>
type Callback = (this: unknown, ...args: unknown[]) => unknown

const empty: Context = new Map()
let current = empty

const { apply, defineProperty } = Reflect

function callIn(context: Context, callback: Callback, self: unknown, args: unknown[]): unknown {
  const before = current
  current = context
  try {
    return apply(callback, self, args)
  } finally {
    current = before
  }
}

/** Without `self` the callback is called with the `this` of its caller. */
function bindTo(context: Context, callback: Callback, self?: unknown): Callback {
  return function (...args) {
    return callIn(context, callback, self === undefined ? this : self, args)
  }
}

/** For callbacks that only the host or the microtask queue calls, where there is no context to hide. */
function carry(callback: unknown): unknown {
  return typeof callback === 'function' && current !== empty
    ? bindTo(current, callback as Callback)
    : callback
}

export class AsyncLocalStorage<T> {
  readonly name: string
  readonly #defaultValue: T | undefined

  constructor(options: { defaultValue?: T; name?: string } = {}) {
    this.#defaultValue = options.defaultValue
    this.name = options.name === undefined ? '' : String(options.name)
  }

  static bind<F extends Callback>(callback: F): F {
    return bindTo(current, checkCallback(callback)) as F
  }

  static snapshot(): (callback: Callback, ...args: unknown[]) => unknown {
    const context = current
    return function (this: unknown, callback, ...args) {
      return callIn(context, checkCallback(callback), this, args)
    }
  }

  getStore(): T | undefined {
    return current.has(this as AsyncLocalStorage<unknown>)
      ? (current.get(this as AsyncLocalStorage<unknown>) as T)
      : this.#defaultValue
  }

  run(store: T | undefined, callback: Callback, ...args: unknown[]): unknown {
    const context = new Map(current).set(this as AsyncLocalStorage<unknown>, store)
    return callIn(context, checkCallback(callback), undefined, args)
  }

  exit(callback: Callback, ...args: unknown[]): unknown {
    return this.run(undefined, callback, ...args)
  }

  /** Its end is the end of the host's call, which several requests may share: one would see the store of another. */
  enterWith(): never {
    throw new Error(
      'Cannot call AsyncLocalStorage.enterWith: not available here, must be run(store, callback)',
    )
  }

  disable(): never {
    throw new Error('Cannot call AsyncLocalStorage.disable: not available here, must be exit(callback)')
  }
}

let lastAsyncId = 0

export class AsyncResource {
  readonly type: string
  readonly #context = current
  readonly #asyncId = ++lastAsyncId

  constructor(type: string) {
    if (typeof type !== 'string') throw new TypeError('The "type" argument must be of type string')
    this.type = type
  }

  static bind<F extends Callback>(callback: F, _type?: string, self?: unknown): F {
    return bindTo(current, checkCallback(callback), self) as F
  }

  bind<F extends Callback>(callback: F, self?: unknown): F {
    return bindTo(this.#context, checkCallback(callback), self) as F
  }

  runInAsyncScope(callback: Callback, self?: unknown, ...args: unknown[]): unknown {
    return callIn(this.#context, checkCallback(callback), self, args)
  }

  asyncId(): number {
    return this.#asyncId
  }

  triggerAsyncId(): number {
    return 0
  }

  emitDestroy(): this {
    return this
  }
}

export default { AsyncLocalStorage, AsyncResource }

function checkCallback<F>(callback: F): F {
  if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function')
  return callback
}

function replace(target: object, name: string, value: Callback): void {
  defineProperty(value, 'name', { value: name, configurable: true })
  defineProperty(target, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: target === globalThis,
  })
}

// `catch`, `finally` and the combinators call `then`, as the language says.
const nativePromise = Promise
const nativeThen = Promise.prototype.then as Callback
replace(Promise.prototype, 'then', function (onFulfilled, onRejected) {
  return apply(nativeThen, this, [carry(onFulfilled), carry(onRejected)])
})

// A lowered `await` begins with `Promise.resolve`, which calls a thenable's `then` from the microtask queue.
const nativeResolve = Promise.resolve as Callback
replace(Promise, 'resolve', function (value) {
  const isOurs = this === nativePromise && current !== empty && isForeign(value)
  return apply(nativeResolve, this, [isOurs ? adopt(value) : value])
})

function isForeign(value: unknown): value is object {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isObject && !(value instanceof nativePromise)
}

/** What `Promise.resolve` does with an object, one microtask later like it, but in the current context. */
function adopt(value: object): unknown {
  let then: unknown
  try {
    then = (value as { then?: unknown }).then
  } catch (error) {
    return nativePromise.reject(error)
  }
  if (typeof then !== 'function') return value
  const callThen = bindTo(current, then as Callback)
  return new nativePromise((resolve, reject) => {
    const start = () => {
      try {
        apply(callThen, value, [resolve, reject])
      } catch (error) {
        reject(error)
      }
    }
    apply(nativeThen, apply(nativeResolve, nativePromise, [undefined]), [start])
  })
}

const globals = globalThis as unknown as Record<string, unknown>
for (const name of ['queueMicrotask', 'setTimeout', 'setInterval', 'setImmediate']) {
  const native = globals[name]
  if (typeof native !== 'function') continue
  replace(globalThis, name, function (callback, ...rest) {
    return apply(native, this, [carry(callback), ...rest])
  })
}
