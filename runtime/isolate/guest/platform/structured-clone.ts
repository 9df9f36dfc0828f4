import { DOMException, isDOMException } from '../event/dom-exception.ts'
import { type Brand, brandOf, primitiveOf } from '../language/brand.ts'
import { isArrayBuffer } from '../language/bytes.ts'
import { defineOwn } from '../language/define-own.ts'
import {
  Array,
  arrayBufferSlice,
  arrayBufferTransfer,
  DataView,
  Date,
  dataViewBuffer,
  dataViewByteLength,
  dataViewByteOffset,
  dateGetTime,
  Error,
  EvalError,
  getOwnPropertyDescriptor,
  isArray,
  isError,
  isView,
  Map,
  mapForEach,
  mapGet,
  mapHas,
  mapSet,
  Object,
  objectKeys,
  RangeError,
  ReferenceError,
  RegExp,
  regExpFlags,
  regExpSource,
  Set,
  SyntaxError,
  setAdd,
  setForEach,
  TypeError,
  typedArrayBuffer,
  typedArrayByteOffset,
  typedArrayConstructor,
  typedArrayLength,
  typedArrayName,
  URIError,
} from '../primordials.ts'

/** Objects that were cloned, with their clones: what is met again becomes the same clone. */
type Memory = Map<object, object>

/**
 * HTML's `structuredClone`.
 *
 * @throws DOMException `DataCloneError` if there is something that cannot be cloned, a function for one.
 */
export function structuredClone(value: unknown, options: { transfer?: Iterable<object> } = {}): unknown {
  const memory: Memory = new Map()
  const { transfer } = options
  if (transfer !== undefined) {
    for (const buffer of transfer) {
      if (!isArrayBuffer(buffer) || mapHas(memory, buffer)) {
        throw notCloneable('only an ArrayBuffer can be transferred, and only once')
      }
      mapSet(memory, buffer, buffer)
    }
    // All were checked before the first is taken away.
    mapForEach(memory, (_, buffer) => mapSet(memory, buffer, arrayBufferTransfer(buffer as ArrayBuffer)))
  }
  return clone(value, memory)
}

function clone(value: unknown, memory: Memory): unknown {
  if (typeof value === 'function') throw notCloneable('a function')
  if (typeof value === 'symbol') throw notCloneable('a symbol')
  if (typeof value !== 'object' || value === null) return value
  return mapGet(memory, value) ?? cloneObject(value, memory)
}

function cloneObject(value: object, memory: Memory): object {
  if (isArray(value)) return cloneProperties(value, new Array(value.length), memory)
  if (isView(value)) return cloneView(value, memory)
  if (isDOMException(value)) return remember(value, new DOMException(value.message, value.name), memory)
  if (isError(value)) return cloneError(value, memory)
  const brand = brandOf(value)
  if (brand !== null) return cloneBranded(value, brand, memory)
  return cloneProperties(value, {}, memory)
}

function cloneBranded(value: object, brand: Brand, memory: Memory): object {
  switch (brand) {
    case 'ArrayBuffer':
      return remember(value, arrayBufferSlice(value as ArrayBuffer, 0), memory)
    case 'Date':
      return remember(value, new Date(dateGetTime(value as Date)), memory)
    case 'RegExp':
      return remember(value, new RegExp(regExpSource(value as RegExp), regExpFlags(value as RegExp)), memory)
    case 'Map': {
      const copy = remember(value, new Map<unknown, unknown>(), memory)
      mapForEach(value as Map<unknown, unknown>, (item, key) =>
        mapSet(copy, clone(key, memory), clone(item, memory)),
      )
      return copy
    }
    case 'Set': {
      const copy = remember(value, new Set<unknown>(), memory)
      setForEach(value as Set<unknown>, (item) => setAdd(copy, clone(item, memory)))
      return copy
    }
    case 'Symbol':
      throw notCloneable('a symbol')
    default:
      return remember(value, Object(primitiveOf(value, brand)) as object, memory)
  }
}

function cloneView(view: ArrayBufferView, memory: Memory): object {
  const name = typedArrayName(view)
  if (name === undefined) {
    const data = view as DataView
    const buffer = clone(dataViewBuffer(data), memory) as ArrayBuffer
    return remember(view, new DataView(buffer, dataViewByteOffset(data), dataViewByteLength(data)), memory)
  }
  const buffer = clone(typedArrayBuffer(view), memory) as ArrayBuffer
  const View = typedArrayConstructor(name)
  return remember(view, new View(buffer, typedArrayByteOffset(view), typedArrayLength(view)), memory)
}

/** Own enumerable properties; getters are called. */
function cloneProperties(value: object, copy: object, memory: Memory): object {
  remember(value, copy, memory)
  const keys = objectKeys(value)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!
    const item = clone((value as Record<string, unknown>)[key], memory)
    defineOwn(copy, key, item)
  }
  return copy
}

function cloneError(error: Error, memory: Memory): Error {
  const { name } = error
  const copy = remember(error, new (errorConstructor(`${name}`))(), memory)
  const message = getOwnPropertyDescriptor(error, 'message')
  if (message !== undefined && 'value' in message) defineOwn(copy, 'message', `${message.value}`, false)
  defineOwn(copy, 'stack', `${error.stack}`, false)
  const cause = getOwnPropertyDescriptor(error, 'cause')
  if (cause !== undefined && 'value' in cause) defineOwn(copy, 'cause', clone(cause.value, memory), false)
  return copy
}

function errorConstructor(name: string): ErrorConstructor {
  switch (name) {
    case 'EvalError':
      return EvalError
    case 'RangeError':
      return RangeError
    case 'ReferenceError':
      return ReferenceError
    case 'SyntaxError':
      return SyntaxError
    case 'TypeError':
      return TypeError
    case 'URIError':
      return URIError
  }
  return Error
}

function notCloneable(what: string): DOMException {
  return new DOMException(`Cannot clone: ${what}`, 'DataCloneError')
}

function remember<Copy extends object>(value: object, copy: Copy, memory: Memory): Copy {
  mapSet(memory, value, copy)
  return copy
}
