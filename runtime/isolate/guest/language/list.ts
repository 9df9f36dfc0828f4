import { setPrototypeOf } from '../primordials.ts'

/**
 * An empty array that is read and written by index alone. It has no prototype, so that writing past its end meets no
 * setter that the guest put on `Array.prototype`. Not to be given out.
 */
export function newList<Item>(): Item[] {
  return setPrototypeOf([], null) as Item[]
}
