import { iterator, iteratorPrototype, setPrototypeOf } from '../primordials.ts'

type Pairs<Key, Value> = readonly (readonly [Key, Value])[]

/**
 * The iterator of Web IDL's iterable interfaces: it reads the pairs anew at each step, so that what is added or removed
 * meanwhile is seen.
 */
export class PairIterator<Key, Value, Item> {
  readonly #read: () => Pairs<Key, Value>
  readonly #kind: 'key' | 'value' | 'entry'
  #at = 0

  constructor(read: () => Pairs<Key, Value>, kind: 'key' | 'value' | 'entry') {
    this.#read = read
    this.#kind = kind
  }

  next(): IteratorResult<Item, undefined> {
    const pairs = this.#read()
    if (this.#at >= pairs.length) return { value: undefined, done: true }
    const pair = pairs[this.#at++]!
    const kind = this.#kind
    const item = kind === 'key' ? pair[0] : kind === 'value' ? pair[1] : [pair[0], pair[1]]
    return { value: item as Item, done: false }
  }

  [iterator](): this {
    return this
  }
}

setPrototypeOf(PairIterator.prototype, iteratorPrototype)
