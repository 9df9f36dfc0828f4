import { tagClass } from '../boot/class-tag.ts'
import { parseForm, serializeForm } from '../form/form-urlencoded.ts'
import { newList, toArray } from '../language/list.ts'
import { definePairIterator, iterateByEntries, type PairIterator } from '../language/pair-iterator.ts'
import { needArguments, needFunction } from '../language/web-idl.ts'
import {
  apply,
  arraySort,
  isEnumerableOwn,
  iterator,
  Map,
  mapGet,
  mapSet,
  ownKeys,
  stringCharCodeAt,
  stringSlice,
  stringToWellFormed,
  TypeError,
} from '../primordials.ts'

type Pair = [string, string]

const ParamsIterator = definePairIterator('URLSearchParams')

export let isSearchParams: (value: unknown) => value is URLSearchParams
export let serializeParams: (params: URLSearchParams) => string
/** Empty ones that tell of each change. */
export let queryParams: (onChange: (query: string) => void) => URLSearchParams
/** Reads them anew, without telling. */
export let replaceParams: (params: URLSearchParams, query: string) => void

/** The URL standard's `URLSearchParams`. */
export class URLSearchParams {
  #pairs: Pair[]
  /** Told of changes: the URL whose query this is. */
  #onChange: ((query: string) => void) | null = null

  /** Tells the compiler what `iterateByEntries` puts there. */
  declare [iterator]: () => PairIterator<Pair>

  constructor(init: unknown = '') {
    this.#pairs = readInit(init)
  }

  get size(): number {
    return this.#pairs.length
  }

  append(name: string, value: string): void {
    needArguments(arguments.length, 2, 'append a parameter')
    this.#pairs[this.#pairs.length] = [toText(name), toText(value)]
    this.#changed()
  }

  delete(name: string, value: string | undefined = undefined): void {
    needArguments(arguments.length, 1, 'delete a parameter')
    const key = toText(name)
    const only = value === undefined ? null : toText(value)
    this.#keep((pair) => pair[0] !== key || (only !== null && pair[1] !== only))
    this.#changed()
  }

  get(name: string): string | null {
    needArguments(arguments.length, 1, 'get a parameter')
    const key = toText(name)
    const pairs = this.#pairs
    for (let index = 0; index < pairs.length; index++) if (pairs[index]![0] === key) return pairs[index]![1]
    return null
  }

  getAll(name: string): string[] {
    needArguments(arguments.length, 1, 'get parameters')
    const key = toText(name)
    const pairs = this.#pairs
    const values = newList<string>()
    for (let index = 0; index < pairs.length; index++) {
      if (pairs[index]![0] === key) values[values.length] = pairs[index]![1]
    }
    return toArray(values)
  }

  has(name: string, value: string | undefined = undefined): boolean {
    needArguments(arguments.length, 1, 'look for a parameter')
    const key = toText(name)
    const only = value === undefined ? null : toText(value)
    const pairs = this.#pairs
    for (let index = 0; index < pairs.length; index++) {
      const pair = pairs[index]!
      if (pair[0] === key && (only === null || pair[1] === only)) return true
    }
    return false
  }

  set(name: string, value: string): void {
    needArguments(arguments.length, 2, 'set a parameter')
    const key = toText(name)
    const text = toText(value)
    let isSet = false
    this.#keep((pair) => {
      if (pair[0] !== key) return true
      if (isSet) return false
      pair[1] = text
      isSet = true
      return true
    })
    if (!isSet) this.#pairs[this.#pairs.length] = [key, text]
    this.#changed()
  }

  sort(): void {
    arraySort(this.#pairs, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
    this.#changed()
  }

  forEach(
    visit: (value: string, name: string, params: URLSearchParams) => void,
    self: unknown = undefined,
  ): void {
    needFunction(visit, 'visit parameters')
    for (let index = 0; index < this.#pairs.length; index++) {
      const pair = this.#pairs[index]!
      apply(visit, self, [pair[1], pair[0], this])
    }
  }

  entries(): PairIterator<Pair> {
    return new ParamsIterator(() => this.#pairs, 'entry')
  }

  keys(): PairIterator<string> {
    return new ParamsIterator(() => this.#pairs, 'key')
  }

  values(): PairIterator<string> {
    return new ParamsIterator(() => this.#pairs, 'value')
  }

  toString(): string {
    return serializeForm(this.#pairs)
  }

  #keep(keeps: (pair: Pair) => boolean): void {
    const kept = newList<Pair>()
    for (let index = 0; index < this.#pairs.length; index++) {
      const pair = this.#pairs[index]!
      if (keeps(pair)) kept[kept.length] = pair
    }
    this.#pairs = kept
  }

  #changed(): void {
    this.#onChange?.(serializeForm(this.#pairs))
  }

  static {
    isSearchParams = (value): value is URLSearchParams =>
      typeof value === 'object' && value !== null && #pairs in value
    serializeParams = (params) => serializeForm(params.#pairs)
    queryParams = (onChange) => {
      const params = new URLSearchParams()
      params.#onChange = onChange
      return params
    }
    replaceParams = (params, query) => {
      params.#pairs = parseForm(query)
    }
  }
}

iterateByEntries(URLSearchParams.prototype)
tagClass(URLSearchParams, 'URLSearchParams')

function toText(value: unknown): string {
  return stringToWellFormed(`${value as string}`)
}

function readInit(init: unknown): Pair[] {
  if ((typeof init !== 'object' && typeof init !== 'function') || init === null) {
    const text = toText(init)
    return parseForm(stringCharCodeAt(text, 0) === questionMark ? stringSlice(text, 1) : text)
  }
  return (init as Partial<Iterable<unknown>>)[iterator] == null
    ? readRecord(init)
    : readPairs(init as Iterable<Iterable<string>>)
}

const questionMark = 63

function readPairs(pairs: Iterable<Iterable<string>>): Pair[] {
  const read = newList<Pair>()
  for (const pair of pairs) {
    const texts = newList<string>()
    for (const text of pair) texts[texts.length] = toText(text)
    if (texts.length !== 2)
      throw new TypeError('Cannot read parameters: each must be a pair of name and value')
    read[read.length] = texts as unknown as Pair
  }
  return read
}

function readRecord(record: object): Pair[] {
  const read = newList<Pair>()
  const places = new Map<string, Pair>()
  const names = ownKeys(record)
  for (let index = 0; index < names.length; index++) {
    const key = names[index]!
    if (!isEnumerableOwn(record, key)) continue
    const name = toText(key)
    const value = toText((record as Record<PropertyKey, unknown>)[key])
    // Two names with lone surrogates may become the same text.
    const known = mapGet(places, name)
    if (known !== undefined) {
      known[1] = value
      continue
    }
    const pair: Pair = [name, value]
    mapSet(places, name, pair)
    read[read.length] = pair
  }
  return read
}
