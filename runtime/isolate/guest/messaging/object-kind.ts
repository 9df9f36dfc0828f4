import { platformPrototypes } from '../boot/class-tag.ts'
import { type Brand, hasBrand } from '../language/brand.ts'
import {
  ArrayBuffer,
  BigInt,
  Boolean,
  Date,
  FinalizationRegistry,
  getPrototypeOf,
  Map,
  mapGet,
  mapSet,
  Number,
  Object,
  Promise,
  RegExp,
  Set,
  SharedArrayBuffer,
  String,
  Symbol,
  setHas,
  WeakMap,
  WeakRef,
  WeakSet,
} from '../primordials.ts'

/**
 * `plain` = nothing but its properties, as far as can be told; `platform` = of a class of the platform's own;
 * `opaque` = of one of the language's that cannot be copied.
 */
export type ObjectKind = Brand | 'plain' | 'platform' | 'opaque'

const kinds = new Map<object, Brand | 'opaque'>()
mapSet(kinds, ArrayBuffer.prototype, 'ArrayBuffer')
mapSet(kinds, BigInt.prototype, 'BigInt')
mapSet(kinds, Boolean.prototype, 'Boolean')
mapSet(kinds, Date.prototype, 'Date')
mapSet(kinds, Map.prototype, 'Map')
mapSet(kinds, Number.prototype, 'Number')
mapSet(kinds, RegExp.prototype, 'RegExp')
mapSet(kinds, Set.prototype, 'Set')
mapSet(kinds, String.prototype, 'String')
mapSet(kinds, Symbol.prototype, 'Symbol')
mapSet(kinds, FinalizationRegistry.prototype, 'opaque')
mapSet(kinds, Promise.prototype, 'opaque')
mapSet(kinds, SharedArrayBuffer.prototype, 'opaque')
mapSet(kinds, WeakMap.prototype, 'opaque')
mapSet(kinds, WeakRef.prototype, 'opaque')
mapSet(kinds, WeakSet.prototype, 'opaque')
mapSet(kinds, getPrototypeOf(getPrototypeOf((function* () {})())!)!, 'opaque')
mapSet(kinds, getPrototypeOf(getPrototypeOf((async function* () {})())!)!, 'opaque')

/** Goes by the prototypes: asking each object of what kind it is by birth would cost an exception a kind. */
export function kindOf(value: object): ObjectKind {
  for (let prototype = getPrototypeOf(value); prototype !== null; prototype = getPrototypeOf(prototype)) {
    if (prototype === Object.prototype) return 'plain'
    if (setHas(platformPrototypes, prototype)) return 'platform'
    const kind = mapGet(kinds, prototype)
    if (kind === undefined) continue
    if (kind === 'opaque') return kind
    return hasBrand(value, kind) ? kind : 'plain'
  }
  return 'plain'
}
