import { headerListOf } from '../fetch/headers.ts'
import { type Brand, brandOf, primitiveOf } from '../language/brand.ts'
import { newList } from '../language/list.ts'
import {
  arrayBufferByteLength,
  dateGetTime,
  dateToISOString,
  functionToString,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isArray,
  isError,
  isNaN,
  mapForEach,
  mapSize,
  min,
  ownKeys,
  regExpFlags,
  regExpSource,
  setForEach,
  setSize,
  stringStartsWith,
  symbolToString,
  typedArrayLength,
  typedArrayName,
} from '../primordials.ts'
import { isIdentifier, quote } from './quote.ts'

/** One thing inside an object. */
export interface Item {
  /** `a: `, or '' for an element. */
  readonly label: string
  readonly value: unknown
  /** A key that is itself a value, of a `Map`; else `noKey`. */
  readonly key: unknown
  /** Whether `value` is text to be shown as it is. */
  readonly isText: boolean
}

export const noKey = { __proto__: null }

/** How an object is shown. */
export interface ObjectParts {
  /** Stands before the brackets; alone, if there are none and nothing is inside. */
  readonly prefix: string
  readonly brackets: '' | '{}' | '[]'
  /** What stands for it when it is too deep. */
  readonly name: string
  readonly items: readonly Item[]
}

const maxItems = 100
/** The names of an array's properties are listed with all its indices: a longer one may fill the heap with them. */
const maxArrayWithProperties = 100_000

class Items {
  readonly list = newList<Item>()
  #omitted = 0

  add(label: string, value: unknown, key: unknown = noKey): void {
    if (this.list.length < maxItems) this.list[this.list.length] = { label, value, key, isText: false }
    else this.#omitted++
  }

  addText(label: string, text: string): void {
    this.list[this.list.length] = { label, value: text, key: noKey, isText: true }
  }

  omit(count: number): void {
    this.#omitted += count
  }

  finish(): readonly Item[] {
    if (this.#omitted > 0) this.addText('', `... ${this.#omitted} more item${this.#omitted === 1 ? '' : 's'}`)
    return this.list
  }
}

/** Looks into an object without calling its getters; only the traps of a Proxy are called. */
export function partsOf(object: object): ObjectParts {
  const items = new Items()
  if (typeof object === 'function') {
    addProperties(object, items, false)
    return { prefix: functionLabel(object), brackets: '', name: 'Function', items: items.finish() }
  }
  if (isArray(object)) return arrayParts(object, items)
  const typed = typedArrayName(object)
  if (typed !== undefined) return typedArrayParts(object as ArrayBufferView, typed, items)
  if (isError(object)) return errorParts(object, items)
  const brand = brandOf(object)
  if (brand !== null) return brandParts(object, brand, items)
  return plainParts(object, items)
}

function arrayParts(array: readonly unknown[], items: Items): ObjectParts {
  const shown = min(array.length, maxItems)
  for (let index = 0; index < shown; index++) items.add('', array[index])
  items.omit(array.length - shown)
  if (array.length <= maxArrayWithProperties) addProperties(array, items, true)
  const name = constructorName(array)
  const prefix = name === 'Array' ? '' : `${name ?? '[Array: null prototype]'}(${array.length}) `
  return { prefix, brackets: '[]', name: 'Array', items: items.finish() }
}

function typedArrayParts(view: ArrayBufferView, name: string, items: Items): ObjectParts {
  const length = typedArrayLength(view)
  const shown = min(length, maxItems)
  for (let index = 0; index < shown; index++) items.add('', (view as unknown as ArrayLike<number>)[index])
  items.omit(length - shown)
  return { prefix: `${name}(${length}) `, brackets: '[]', name, items: items.finish() }
}

function errorParts(error: Error, items: Items): ObjectParts {
  addProperties(error, items, false)
  const cause = getOwnPropertyDescriptor(error, 'cause')
  if (cause !== undefined && !cause.enumerable && 'value' in cause) items.add('[cause]: ', cause.value)
  const { stack } = error
  const prefix = typeof stack === 'string' && stack !== '' ? stack : `[${error.name}: ${error.message}]`
  return { prefix, brackets: '', name: 'Error', items: items.finish() }
}

function brandParts(object: object, brand: Brand, items: Items): ObjectParts {
  let prefix = ''
  let brackets: ObjectParts['brackets'] = ''
  switch (brand) {
    case 'Map':
      mapForEach(object as Map<unknown, unknown>, (value, key) => items.add('', value, key))
      prefix = `Map(${mapSize(object as Map<unknown, unknown>)}) `
      brackets = '{}'
      break
    case 'Set':
      setForEach(object as Set<unknown>, (value) => items.add('', value))
      prefix = `Set(${setSize(object as Set<unknown>)}) `
      brackets = '{}'
      break
    case 'Date': {
      const time = dateGetTime(object as Date)
      prefix = isNaN(time) ? 'Invalid Date' : dateToISOString(object as Date)
      break
    }
    case 'RegExp':
      prefix = `/${regExpSource(object as RegExp)}/${regExpFlags(object as RegExp)}`
      break
    case 'ArrayBuffer':
      items.addText('byteLength: ', `${arrayBufferByteLength(object as ArrayBuffer)}`)
      prefix = 'ArrayBuffer '
      brackets = '{}'
      break
    default: {
      const primitive = primitiveOf(object, brand)
      const text = typeof primitive === 'string' ? quote(primitive) : textOf(primitive)
      return { prefix: `[${brand}: ${text}]`, brackets: '', name: brand, items: items.finish() }
    }
  }
  addProperties(object, items, false)
  return { prefix, brackets, name: brand, items: items.finish() }
}

function plainParts(object: object, items: Items): ObjectParts {
  const headers = headerListOf(object)
  if (headers !== null) {
    const pairs = headers.sorted()
    for (let index = 0; index < pairs.length; index++) items.add(keyLabel(pairs[index]![0]), pairs[index]![1])
  }
  addProperties(object, items, false)
  const name = constructorName(object)
  const prefix = name === 'Object' ? '' : `${name ?? '[Object: null prototype]'} `
  return { prefix, brackets: '{}', name: name ?? 'Object: null prototype', items: items.finish() }
}

/** Own enumerable properties; `skipsIndices` leaves out elements, which stand at the front. */
function addProperties(object: object, items: Items, skipsIndices: boolean): void {
  const keys = ownKeys(object)
  const first = skipsIndices ? (object as readonly unknown[]).length : 0
  for (let index = first; index < keys.length; index++) {
    const key = keys[index]!
    const property = getOwnPropertyDescriptor(object, key)
    if (property === undefined || !property.enumerable) continue
    const label = keyLabel(key)
    if ('value' in property) items.add(label, property.value)
    else {
      const { get, set } = property
      items.addText(
        label,
        get === undefined ? '[Setter]' : set === undefined ? '[Getter]' : '[Getter/Setter]',
      )
    }
  }
}

function keyLabel(key: string | symbol): string {
  if (typeof key === 'symbol') return `${symbolToString(key)}: `
  return `${isIdentifier(key) ? key : quote(key)}: `
}

function functionLabel(callable: object): string {
  const property = getOwnPropertyDescriptor(callable, 'name')
  const name = typeof property?.value === 'string' ? property.value : ''
  if (stringStartsWith(functionToString(callable), 'class')) {
    const parent = getPrototypeOf(callable)
    const parentName = parent === null ? undefined : getOwnPropertyDescriptor(parent, 'name')?.value
    const inherits = typeof parentName === 'string' && parentName !== '' ? ` extends ${parentName}` : ''
    return `[class ${name === '' ? '(anonymous)' : name}${inherits}]`
  }
  return name === '' ? '[Function (anonymous)]' : `[Function: ${name}]`
}

/** null if no prototype knows its constructor. */
function constructorName(object: object): string | null {
  for (let prototype: object | null = object; prototype !== null; prototype = getPrototypeOf(prototype)) {
    const property = getOwnPropertyDescriptor(prototype, 'constructor')
    if (typeof property?.value !== 'function') continue
    const name = getOwnPropertyDescriptor(property.value, 'name')
    if (typeof name?.value === 'string' && name.value !== '') return name.value
  }
  return null
}

function textOf(primitive: unknown): string {
  if (typeof primitive === 'symbol') return symbolToString(primitive)
  return typeof primitive === 'bigint' ? `${primitive}n` : `${primitive as number}`
}
