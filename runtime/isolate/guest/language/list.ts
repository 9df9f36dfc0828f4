import { Array, arraySlice, setPrototypeOf } from '../primordials.ts'

/** Arrays that inherit from nothing: making one costs no more than another, and less than taking its prototype away. */
const List = class extends Array {} as unknown as { new (): unknown[]; readonly prototype: object }
setPrototypeOf(List.prototype, null)
delete (List.prototype as { constructor?: unknown }).constructor

/**
 * An empty array that is read and written by index alone. It has no methods, and writing past its end meets no setter
 * that the guest put on `Array.prototype`. Not to be given out.
 */
export function newList<Item>(): Item[] {
  return new List() as Item[]
}

/** The same items in an array like any other, to be given out. */
export function toArray<Item>(list: readonly Item[]): Item[] {
  return arraySlice(list)
}
