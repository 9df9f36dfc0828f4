import { tagClass } from '../boot/class-tag.ts'
import { defineProperty, iterator, iteratorPrototype, setPrototypeOf } from '../primordials.ts'

type Pairs<Key, Value> = readonly (readonly [Key, Value])[]

/** What iterating over an interface of Web IDL that holds pairs gives. */
export interface PairIterator<Item> extends IteratorObject<Item, undefined> {
  next(): IteratorResult<Item, undefined>
}

export type PairIteratorConstructor = new <Key, Value, Item>(
  read: () => Pairs<Key, Value>,
  kind: 'key' | 'value' | 'entry',
) => PairIterator<Item>

/**
 * Defines the iterators of one interface. They read the pairs anew at each step, so that what is added or removed
 * meanwhile is seen.
 */
// biome-ignore format: keeps the parentheses, see `primordials.ts`
export const definePairIterator = (function definePairIterator(interfaceName: string): PairIteratorConstructor {
  class Iterator<Key, Value> {
    readonly #read: () => Pairs<Key, Value>
    readonly #kind: 'key' | 'value' | 'entry'
    #at = 0

    constructor(read: () => Pairs<Key, Value>, kind: 'key' | 'value' | 'entry') {
      this.#read = read
      this.#kind = kind
    }

    next(): IteratorResult<unknown, undefined> {
      const pairs = this.#read()
      if (this.#at >= pairs.length) return { value: undefined, done: true }
      const pair = pairs[this.#at++]!
      const kind = this.#kind
      return { value: kind === 'key' ? pair[0] : kind === 'value' ? pair[1] : [pair[0], pair[1]], done: false }
    }
  }
  const { prototype } = Iterator
  // Nobody may make one but the interface.
  delete (prototype as { constructor?: unknown }).constructor
  setPrototypeOf(prototype, iteratorPrototype)
  tagClass(Iterator, `${interfaceName} Iterator`)
  return Iterator as unknown as PairIteratorConstructor
})

/** Web IDL has one function under two names. */
// biome-ignore format: keeps the parentheses, see `primordials.ts`
export const iterateByEntries = (function iterateByEntries(prototype: { entries(): unknown }): void {
  const { entries } = prototype
  const descriptor = { __proto__: null, value: entries, writable: true, configurable: true }
  defineProperty(prototype, iterator, descriptor as PropertyDescriptor)
})
