import { type Brand, primitiveOf } from '../language/brand.ts'
import { defineOwn } from '../language/define-own.ts'
import { errorConstructor } from '../language/error-constructor.ts'
import { newList } from '../language/list.ts'
import {
  Array,
  Date,
  dateGetTime,
  getOwnPropertyDescriptor,
  hasOwn,
  isArray,
  isError,
  isView,
  Map,
  mapForEach,
  mapGet,
  mapSet,
  Object,
  objectKeys,
  RegExp,
  regExpFlags,
  regExpSource,
  Set,
  setAdd,
  setForEach,
  setPrototypeOf,
} from '../primordials.ts'
import { bufferOf, cloneBuffer, makeView, shapeOf, type ViewShape } from './clone-bytes.ts'
import { dataCloneError } from './clone-error.ts'
import { serializableOf } from './clone-registry.ts'
import { kindOf } from './object-kind.ts'

/** A view of a buffer that is to be moved: `placeholder` stands for it until that has been done. */
export interface MovedView {
  readonly placeholder: object
  readonly buffer: ArrayBuffer
  readonly shape: ViewShape
}

/** What was met in one go. */
export interface CloneMemory {
  /** Objects, with what takes their place: what is met again becomes the same copy. */
  readonly copies: Map<object, object>
  /** Null = no buffer is to be moved. */
  readonly movedViews: MovedView[] | null
}

/** @throws DOMException `DataCloneError`; whatever getters of the function throw. */
export function clone(value: unknown, memory: CloneMemory): unknown {
  if (typeof value === 'object') return value === null ? null : cloneObject(value, memory)
  if (typeof value === 'function') throw dataCloneError('a function')
  if (typeof value === 'symbol') throw dataCloneError('a symbol')
  return value
}

function cloneObject(value: object, memory: CloneMemory): object {
  const known = mapGet(memory.copies, value)
  if (known !== undefined) return known
  if (isArray(value)) return cloneArray(value, memory)
  if (isView(value)) return cloneView(value, memory)
  const kind = kindOf(value)
  switch (kind) {
    case 'plain':
      return isError(value) ? cloneError(value, memory) : cloneProperties(value, {}, memory)
    case 'platform': {
      const serializable = serializableOf(value)
      if (serializable === null) throw dataCloneError('an object of a class that cannot be copied')
      return remember(
        value,
        serializable.clone(value, (inner) => clone(inner, memory)),
        memory,
      )
    }
    case 'opaque':
      throw dataCloneError('an object that is more than its properties')
  }
  return cloneBranded(value, kind, memory)
}

function cloneBranded(value: object, brand: Brand, memory: CloneMemory): object {
  switch (brand) {
    case 'ArrayBuffer':
      return remember(value, cloneBuffer(value as ArrayBuffer), memory)
    case 'Date':
      return remember(value, new Date(dateGetTime(value as Date)), memory)
    case 'RegExp':
      return remember(value, new RegExp(regExpSource(value as RegExp), regExpFlags(value as RegExp)), memory)
    case 'Map':
      return cloneMap(value as Map<unknown, unknown>, memory)
    case 'Set':
      return cloneSet(value as Set<unknown>, memory)
    case 'Symbol':
      throw dataCloneError('a symbol')
    default:
      return remember(value, Object(primitiveOf(value, brand)) as object, memory)
  }
}

/** A getter of an entry may change the map: it is copied as it was. */
function cloneMap(map: Map<unknown, unknown>, memory: CloneMemory): object {
  const copy = remember(map, new Map<unknown, unknown>(), memory)
  const entries = newList<unknown>()
  mapForEach(map, (item, key) => {
    entries[entries.length] = key
    entries[entries.length] = item
  })
  for (let index = 0; index < entries.length; index += 2) {
    const key = clone(entries[index], memory)
    mapSet(copy, key, clone(entries[index + 1], memory))
  }
  return copy
}

function cloneSet(set: Set<unknown>, memory: CloneMemory): object {
  const copy = remember(set, new Set<unknown>(), memory)
  const items = newList<unknown>()
  setForEach(set, (item) => {
    items[items.length] = item
  })
  for (let index = 0; index < items.length; index++) setAdd(copy, clone(items[index], memory))
  return copy
}

function cloneView(view: ArrayBufferView, memory: CloneMemory): object {
  const { copies, movedViews } = memory
  const shape = shapeOf(view)
  const buffer = bufferOf(view)
  if (movedViews !== null && mapGet(copies, buffer) === buffer) {
    const placeholder = {}
    movedViews[movedViews.length] = { placeholder, buffer, shape }
    return remember(view, placeholder, memory)
  }
  return remember(view, makeView(cloneObject(buffer, memory) as ArrayBuffer, shape), memory)
}

/** Own enumerable properties; getters are called. */
function cloneProperties(value: object, copy: object, memory: CloneMemory): object {
  remember(value, copy, memory)
  const keys = objectKeys(value)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!
    const item = (value as Record<string, unknown>)[key]
    // A getter may have deleted it.
    if (item === undefined && !hasOwn(value, key)) continue
    defineOwn(copy, key, clone(item, memory))
  }
  return copy
}

/** Elements that are defined, not assigned, would make V8 keep the array as a table; so it has no setters while it is filled. */
function cloneArray(array: readonly unknown[], memory: CloneMemory): object {
  const copy = remember(array, newList<unknown>(), memory) as unknown[] & Record<string, unknown>
  copy.length = array.length
  const keys = objectKeys(array)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!
    const item = (array as unknown as Record<string, unknown>)[key]
    if (item === undefined && !hasOwn(array, key)) continue
    copy[key] = clone(item, memory)
  }
  return setPrototypeOf(copy, Array.prototype) as object
}

function cloneError(error: Error, memory: CloneMemory): Error {
  const { name } = error
  const copy = remember(error, new (errorConstructor(`${name}`))(), memory)
  const message = getOwnPropertyDescriptor(error, 'message')
  if (message !== undefined && hasOwn(message, 'value')) defineOwn(copy, 'message', `${message.value}`, false)
  defineOwn(copy, 'stack', `${error.stack}`, false)
  const cause = getOwnPropertyDescriptor(error, 'cause')
  if (cause !== undefined && hasOwn(cause, 'value'))
    defineOwn(copy, 'cause', clone(cause.value, memory), false)
  return copy
}

function remember<Copy extends object>(value: object, copy: Copy, memory: CloneMemory): Copy {
  mapSet(memory.copies, value, copy)
  return copy
}
