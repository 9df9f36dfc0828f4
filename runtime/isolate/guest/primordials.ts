/**
 * The language's own functions, captured before any code of the function runs, which may replace every one of them.
 *
 * The bootstrap reads none of them from where guests can write: what keeps its books (entry, results, timers) would
 * else answer for the wrong request, and a patched `then` or setter would be handed objects of the bootstrap. Lint
 * keeps the rest of this folder from naming the globals.
 *
 * What is left to the language: index and property access on objects made here, calls, operators, `await`.
 * `for…of`, spread and destructuring of arrays go through `Array.prototype[Symbol.iterator]` and are not used.
 */

import './boot/counted-buffers.ts'

const globals = globalThis

export { globals as globalObject }

export const {
  Array,
  ArrayBuffer,
  BigInt,
  Boolean,
  DataView,
  Date,
  Error,
  EvalError,
  FinalizationRegistry,
  Int32Array,
  Map,
  Number,
  Object,
  Promise,
  RangeError,
  ReferenceError,
  RegExp,
  Set,
  SharedArrayBuffer,
  String,
  Symbol,
  SyntaxError,
  TypeError,
  Uint8Array,
  URIError,
  WeakMap,
  WeakRef,
  WeakSet,
} = globals

export const { apply, construct, getPrototypeOf, ownKeys } = Reflect
export const { defineProperty, freeze, getOwnPropertyDescriptor, keys: objectKeys, setPrototypeOf } = Object
export const { parse: jsonParse, stringify: jsonStringify } = JSON
export const { ceil, floor, max, min, trunc } = Math
export const { isArray } = Array
export const { isView } = ArrayBuffer
export const { fromCharCode } = String
export const { now: dateNow } = Date
export const atomics = Atomics
/** See `wasm/web-assembly.ts`; the library without the DOM does not know it. */
export const webAssembly = (globals as unknown as { WebAssembly: WebAssemblyNamespace }).WebAssembly

interface WebAssemblyNamespace {
  readonly Instance: new (module: object, imports: unknown) => object
  readonly Module: {
    new (bytes: unknown, options: unknown): object
    exports(module: unknown): unknown
  }
}
export const { isInteger, isNaN } = Number
export const { hasOwn } = Object as unknown as { hasOwn(object: object, key: PropertyKey): boolean }
export const asyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator
export const iterator: typeof Symbol.iterator = Symbol.iterator
export const toStringTag: typeof Symbol.toStringTag = Symbol.toStringTag

/** `method.call` as a plain function: `uncurryThis(''.slice)(text, 1)` is `text.slice(1)`, whatever became of `slice`. */
const uncurryThis = Function.prototype.bind.bind(Function.prototype.call) as unknown as <
  Self,
  Arguments extends unknown[],
  Result,
>(
  method: (...args: Arguments) => Result,
) => (self: Self, ...args: Arguments) => Result

/**
 * Functions that run while the bootstrap is evaluated stand in parentheses: V8 then compiles them with the script, and
 * they come out of its code cache.
 */
// biome-ignore format: keeps the parentheses
const getterOf = (function getterOf<Self, Value>(prototype: object, key: PropertyKey): (self: Self) => Value {
  return uncurryThis(getOwnPropertyDescriptor(prototype, key)!.get as () => Value)
})

export const stringCharCodeAt: (self: string, index: number) => number = uncurryThis(''.charCodeAt)
export const stringCodePointAt: (self: string, index: number) => number | undefined = uncurryThis(
  ''.codePointAt,
)
export const stringIndexOf: (self: string, search: string, from?: number) => number = uncurryThis(''.indexOf)
export const stringSlice: (self: string, start: number, end?: number) => string = uncurryThis(''.slice)
/**
 * Not the language's own, which asks `String.prototype` for `Symbol.split`. The parts inherit from nothing.
 */
export function stringSplit(self: string, separator: string): string[] {
  const parts = setPrototypeOf([], null) as string[]
  let start = 0
  for (let end = stringIndexOf(self, separator); end !== -1; end = stringIndexOf(self, separator, start)) {
    parts[parts.length] = stringSlice(self, start, end)
    start = end + separator.length
  }
  parts[parts.length] = stringSlice(self, start)
  return parts
}
export const stringStartsWith: (self: string, search: string, from?: number) => boolean = uncurryThis(
  ''.startsWith,
)
export const stringEndsWith: (self: string, search: string) => boolean = uncurryThis(''.endsWith)
export const stringToLowerCase: (self: string) => string = uncurryThis(''.toLowerCase)
export const stringTrim: (self: string) => string = uncurryThis(''.trim)
export const stringToUpperCase: (self: string) => string = uncurryThis(''.toUpperCase)
export const stringToWellFormed: (self: string) => string = uncurryThis(''.toWellFormed)
export const stringPadStart: (self: string, length: number, fill: string) => string = uncurryThis(''.padStart)
export const stringPadEnd: (self: string, length: number, fill?: string) => string = uncurryThis(''.padEnd)
export const stringRepeat: (self: string, count: number) => string = uncurryThis(''.repeat)
export const numberToString: (self: number, radix?: number) => string = uncurryThis((0).toString)
export const numberToFixed: (self: number, digits: number) => string = uncurryThis((0).toFixed)
export const booleanValueOf: (self: boolean) => boolean = uncurryThis(Boolean.prototype.valueOf)
export const numberValueOf: (self: number) => number = uncurryThis(Number.prototype.valueOf)
export const stringValueOf: (self: string) => string = uncurryThis(String.prototype.valueOf)
export const bigIntValueOf: (self: bigint) => bigint = uncurryThis(BigInt.prototype.valueOf)
export const symbolValueOf: (self: symbol) => symbol = uncurryThis(Symbol.prototype.valueOf)
export const symbolToString: (self: symbol) => string = uncurryThis(Symbol.prototype.toString)
/** Asks what `getOwnPropertyDescriptor` asks, without an object for the answer. */
export const isEnumerableOwn: (self: object, key: PropertyKey) => boolean = uncurryThis(
  Object.prototype.propertyIsEnumerable,
)
export const functionToString: (self: object) => string = uncurryThis(Function.prototype.toString)

export const promiseThen = uncurryThis(Promise.prototype.then) as <Value, Result>(
  self: Promise<Value>,
  onFulfilled: ((value: Value) => Result | PromiseLike<Result>) | undefined,
  onRejected?: (reason: unknown) => Result | PromiseLike<Result>,
) => Promise<Result>
export const promiseResolve = Promise.resolve.bind(Promise) as <Value>(
  value: Value,
) => Promise<Awaited<Value>>
export const promiseReject: (reason: unknown) => Promise<never> = Promise.reject.bind(Promise)

export const arrayJoin: (self: readonly unknown[], separator: string) => string = uncurryThis([].join)
export const arraySort = uncurryThis([].sort) as unknown as <Item>(
  self: Item[],
  compare?: (a: Item, b: Item) => number,
) => Item[]
/** Asks the array for its `constructor`: for those alone that do not inherit one. */
export const arraySlice = uncurryThis([].slice) as unknown as <Item>(
  self: readonly Item[],
  start?: number,
  end?: number,
) => Item[]

export const mapGet = uncurryThis(Map.prototype.get) as <K, V>(self: Map<K, V>, key: K) => V | undefined
export const mapSet = uncurryThis(Map.prototype.set) as <K, V>(self: Map<K, V>, key: K, value: V) => Map<K, V>
export const mapHas = uncurryThis(Map.prototype.has) as <K, V>(self: Map<K, V>, key: K) => boolean
export const mapDelete = uncurryThis(Map.prototype.delete) as <K, V>(self: Map<K, V>, key: K) => boolean
export const mapForEach = uncurryThis(Map.prototype.forEach) as <K, V>(
  self: Map<K, V>,
  visit: (value: V, key: K) => void,
) => void
export const mapSize: (self: Map<unknown, unknown>) => number = getterOf(Map.prototype, 'size')
export const setAdd = uncurryThis(Set.prototype.add) as <Item>(self: Set<Item>, item: Item) => Set<Item>
export const setHas = uncurryThis(Set.prototype.has) as <Item>(self: Set<Item>, item: Item) => boolean
export const setForEach = uncurryThis(Set.prototype.forEach) as <Item>(
  self: Set<Item>,
  visit: (item: Item) => void,
) => void
export const setSize: (self: Set<unknown>) => number = getterOf(Set.prototype, 'size')

export const weakMapGet = uncurryThis(WeakMap.prototype.get) as <K extends object, V>(
  self: WeakMap<K, V>,
  key: K,
) => V | undefined
export const weakMapSet = uncurryThis(WeakMap.prototype.set) as <K extends object, V>(
  self: WeakMap<K, V>,
  key: K,
  value: V,
) => WeakMap<K, V>
export const weakMapDelete = uncurryThis(WeakMap.prototype.delete) as <K extends object>(
  self: WeakMap<K, unknown>,
  key: K,
) => boolean
export const weakRefDeref = uncurryThis(WeakRef.prototype.deref) as <Target extends object>(
  self: WeakRef<Target>,
) => Target | undefined

const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype)!
export const typedArrayBuffer: (self: ArrayBufferView) => ArrayBuffer = getterOf(
  typedArrayPrototype,
  'buffer',
)
export const typedArrayByteLength: (self: ArrayBufferView) => number = getterOf(
  typedArrayPrototype,
  'byteLength',
)
export const typedArrayByteOffset: (self: ArrayBufferView) => number = getterOf(
  typedArrayPrototype,
  'byteOffset',
)
/** `Uint8Array` and so on; undefined if it is not a typed array. */
export const typedArrayName: (self: unknown) => string | undefined = getterOf(
  typedArrayPrototype,
  toStringTag,
)
export const typedArrayLength: (self: ArrayBufferView) => number = getterOf(typedArrayPrototype, 'length')
/** Not the language's own, which has a constructor make the view that guests may replace. */
export function typedArraySubarray(self: Uint8Array, start: number, end: number): Uint8Array {
  const length = typedArrayLength(self)
  const from = min(start, length)
  const byteCount = max(0, min(end, length) - from)
  return new Uint8Array(typedArrayBuffer(self), typedArrayByteOffset(self) + from, byteCount)
}
/** Throws if the view's buffer was taken away or has become too short; the other getters then say 0. */
export const typedArrayKeys: (self: ArrayBufferView) => object = uncurryThis(Uint8Array.prototype.keys)
export const typedArraySet: (self: Uint8Array, source: Uint8Array, offset: number) => void = uncurryThis(
  Uint8Array.prototype.set as (source: Uint8Array, offset: number) => void,
)
export const arrayBufferByteLength: (self: ArrayBufferLike) => number = getterOf(
  ArrayBuffer.prototype,
  'byteLength',
)
export const arrayBufferDetached: (self: ArrayBuffer) => boolean = getterOf(ArrayBuffer.prototype, 'detached')
export const arrayBufferResizable: (self: ArrayBuffer) => boolean = getterOf(
  ArrayBuffer.prototype,
  'resizable',
)
export const arrayBufferMaxByteLength: (self: ArrayBuffer) => number = getterOf(
  ArrayBuffer.prototype,
  'maxByteLength',
)
export const sharedBufferByteLength: (self: SharedArrayBuffer) => number = getterOf(
  globals.SharedArrayBuffer.prototype,
  'byteLength',
)
/** Not the language's own, for the same reason. */
export function arrayBufferSlice(
  self: ArrayBufferLike,
  start: number,
  end = arrayBufferByteLength(self),
): ArrayBuffer {
  const copy = new Uint8Array(end - start)
  typedArraySet(copy, new Uint8Array(self, start, end - start), 0)
  return typedArrayBuffer(copy)
}
export const dataViewBuffer: (self: DataView) => ArrayBuffer = getterOf(DataView.prototype, 'buffer')
export const dataViewByteLength: (self: DataView) => number = getterOf(DataView.prototype, 'byteLength')
export const dataViewByteOffset: (self: DataView) => number = getterOf(DataView.prototype, 'byteOffset')
export const dateGetTime: (self: Date) => number = uncurryThis(Date.prototype.getTime)
export const dateToISOString: (self: Date) => string = uncurryThis(Date.prototype.toISOString)
export const regExpExec: (self: RegExp, text: string) => RegExpExecArray | null = uncurryThis(
  RegExp.prototype.exec,
)
export const regExpSource: (self: RegExp) => string = getterOf(RegExp.prototype, 'source')
export const regExpFlags: (self: RegExp) => string = getterOf(RegExp.prototype, 'flags')

/** Puts a stack on an object that no `Error` constructor made. */
export const captureStack = (Error as unknown as { captureStackTrace(target: object): void })
  .captureStackTrace

/** What every iterator of the language inherits from: `[Symbol.iterator]` and the iterator helpers. */
export const iteratorPrototype = getPrototypeOf(getPrototypeOf([].values())!)

/** What the asynchronous iterators of Web IDL inherit from. */
export const asyncIteratorPrototype = getPrototypeOf(
  getPrototypeOf(async function* () {}.prototype)!,
) as object

/** Whether it is an error by birth, whatever its prototype. V8 has it; the TypeScript library of 2024 does not. */
export const isError = (Error as unknown as { isError(value: unknown): value is Error }).isError
export const arrayBufferTransfer: (self: ArrayBuffer) => ArrayBuffer = uncurryThis(
  ArrayBuffer.prototype.transfer,
)

type TypedArrayConstructor = {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, offset: number, length?: number): ArrayBufferView
}
const typedArrayConstructors = new Map<string, TypedArrayConstructor>()
const typedArrays = [
  globals.Int8Array,
  globals.Uint8Array,
  globals.Uint8ClampedArray,
  globals.Int16Array,
  globals.Uint16Array,
  globals.Int32Array,
  globals.Uint32Array,
  (globals as unknown as { Float16Array: Float32ArrayConstructor }).Float16Array,
  globals.Float32Array,
  globals.Float64Array,
  globals.BigInt64Array,
  globals.BigUint64Array,
]
for (let index = 0; index < typedArrays.length; index++) {
  const View = typedArrays[index] as unknown as TypedArrayConstructor
  mapSet(typedArrayConstructors, View.name, View)
}

/** The constructor of that name. */
export function typedArrayConstructor(name: string): TypedArrayConstructor {
  return mapGet(typedArrayConstructors, name)!
}
