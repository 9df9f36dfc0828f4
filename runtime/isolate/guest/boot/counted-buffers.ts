/**
 * Makes resizable buffers count as the instance's memory: V8 allocates them past isolated-vm, which counts all others,
 * and `limits.memoryMiB` would mean nothing. For each of them an ordinary buffer of its greatest length is held, which
 * is counted. Nobody touches that, so the system gives no memory for it.
 *
 * Evaluated before anything else, when the language is as it should be: everybody, `primordials.ts` first, then finds
 * the constructors that count.
 */
// Named by this, for the bundler puts those of `primordials.ts` in the place of globals.
const { Function, Math, Number, Object, Reflect, Symbol, TypeError, WeakMap } = globalThis
const NativeBuffer = globalThis.ArrayBuffer
const { construct } = Reflect
const { defineProperty, getOwnPropertyDescriptor } = Object
const { isInteger } = Number
const { trunc } = Math
const { species } = Symbol
// `method.call` as a plain function, whatever becomes of `call`.
const uncurryThis = Function.prototype.bind.bind(Function.prototype.call) as (method: unknown) => never
const weakMapGet = uncurryThis(WeakMap.prototype.get) as (
  self: WeakMap<object, object>,
  key: unknown,
) => object | undefined
const weakMapSet = uncurryThis(WeakMap.prototype.set) as (
  self: WeakMap<object, object>,
  key: object,
  value: object,
) => void
const nativeTransfer = uncurryThis(NativeBuffer.prototype.transfer) as (
  self: unknown,
  newLength: unknown,
) => object

type BufferConstructor = typeof ArrayBuffer | typeof SharedArrayBuffer

/** By buffer, what is held for it. */
const counted = new WeakMap<object, object>()

function count(Native: BufferConstructor, name: string): void {
  const statics = {
    __proto__: null,
    get [species](): unknown {
      return this
    },
  }
  const Counting = function (length: unknown, options: { readonly maxByteLength?: unknown } | undefined) {
    if (new.target === undefined) throw new TypeError(`Constructor ${name} requires 'new'`)
    if (typeof options !== 'function' && (typeof options !== 'object' || options === null))
      return construct(Native, [length], new.target)
    let held: object | undefined
    const own = {
      __proto__: null,
      // Read when V8 reads it, and no second time: it might be more by then.
      get maxByteLength() {
        const given = options.maxByteLength
        if (given === undefined) return undefined
        const most = trunc(+(given as number))
        if (isInteger(most) && most > 0) held = new NativeBuffer(most)
        return most
      },
    }
    const buffer = construct(Native, [length, own], new.target) as object
    if (held !== undefined) weakMapSet(counted, buffer, held)
    return buffer
  }
  const { prototype } = Native
  define(Counting, 'name', { value: name })
  define(Counting, 'length', { value: 1 })
  define(Counting, 'prototype', { value: prototype, writable: false })
  defineProperty(Counting, species, getOwnPropertyDescriptor(statics, species)!)
  define(prototype, 'constructor', { value: Counting })
  define(globalThis, name, { value: Counting })
}

/** What is not said of a property stays as it is. */
function define(object: object, key: string, descriptor: PropertyDescriptor): void {
  defineProperty(object, key, { __proto__: null, ...descriptor } as PropertyDescriptor)
}

count(NativeBuffer, 'ArrayBuffer')
count(globalThis.SharedArrayBuffer, 'SharedArrayBuffer')
define(globalThis.ArrayBuffer, 'isView', getOwnPropertyDescriptor(NativeBuffer, 'isView')!)

const { transfer } = {
  /** What is moved is counted on. */
  transfer(this: unknown, newLength?: unknown): object {
    const held = weakMapGet(counted, this)
    const moved = nativeTransfer(this, newLength)
    if (held !== undefined) weakMapSet(counted, moved, held)
    return moved
  },
}
define(transfer, 'length', { value: 0 })
define(NativeBuffer.prototype, 'transfer', { value: transfer })
