import {
  bigIntValueOf,
  booleanValueOf,
  dateGetTime,
  mapSize,
  numberValueOf,
  regExpSource,
  setSize,
  stringValueOf,
  symbolValueOf,
} from '../primordials.ts'
import { isArrayBuffer } from './bytes.ts'

/** What an object is by birth, which its prototype and `Symbol.toStringTag` may hide. */
export type Brand =
  | 'ArrayBuffer'
  | 'BigInt'
  | 'Boolean'
  | 'Date'
  | 'Map'
  | 'Number'
  | 'RegExp'
  | 'Set'
  | 'String'
  | 'Symbol'

const probes: readonly (readonly [Brand, (value: never) => unknown])[] = [
  ['Map', mapSize],
  ['Set', setSize],
  ['Date', dateGetTime],
  ['RegExp', regExpSource],
  ['Number', numberValueOf],
  ['String', stringValueOf],
  ['Boolean', booleanValueOf],
  ['BigInt', bigIntValueOf],
  ['Symbol', symbolValueOf],
]

/** null if it is none of these. A Proxy is none: no probe reaches through it. */
export function brandOf(value: object): Brand | null {
  for (let index = 0; index < probes.length; index++) {
    try {
      probes[index]![1](value as never)
      return probes[index]![0]
    } catch {
      // Not of this kind.
    }
  }
  return isArrayBuffer(value) ? 'ArrayBuffer' : null
}

/** Whether it is of that kind by birth. Cheaper than `brandOf` if the kind is likely: what is not of it throws. */
export function hasBrand(value: object, brand: Brand): boolean {
  if (brand === 'ArrayBuffer') return isArrayBuffer(value)
  for (let index = 0; index < probes.length; index++) {
    if (probes[index]![0] !== brand) continue
    try {
      probes[index]![1](value as never)
      return true
    } catch {
      return false
    }
  }
  return false
}

/** What a wrapper object (`new Number(1)`) holds. */
export function primitiveOf(value: object, brand: Brand): unknown {
  switch (brand) {
    case 'Number':
      return numberValueOf(value as never)
    case 'String':
      return stringValueOf(value as never)
    case 'Boolean':
      return booleanValueOf(value as never)
    case 'BigInt':
      return bigIntValueOf(value as never)
    case 'Symbol':
      return symbolValueOf(value as never)
  }
  return undefined
}
