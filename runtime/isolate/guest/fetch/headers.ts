import { tagClass } from '../boot/class-tag.ts'
import { newList } from '../language/list.ts'
import { definePairIterator, iterateByEntries, type PairIterator } from '../language/pair-iterator.ts'
import { needArguments, needFunction } from '../language/web-idl.ts'
import { apply, isEnumerableOwn, iterator, ownKeys, TypeError } from '../primordials.ts'
import { HeaderList } from './header-list.ts'
import { normalizeName, normalizeValue } from './header-text.ts'

export type HeadersInit = Headers | Iterable<Iterable<string>> | Record<string, string>

const HeadersIterator = definePairIterator('Headers')

/** Given in place of `init` by the bootstrap, which no guest can name: wraps a list that is there. */
const fromList = { __proto__: null } as unknown as HeadersInit

/** Shows a list as `Headers`; changes go to the list. */
export let wrapHeaderList: (list: HeaderList, isImmutable: boolean) => Headers
/** The list behind `Headers`; null if it is anything else. */
export let headerListOf: (value: unknown) => HeaderList | null

/** The Fetch standard's `Headers`. */
export class Headers {
  readonly #list: HeaderList
  readonly #isImmutable: boolean

  /** Tells the compiler what `iterateByEntries` puts there. */
  declare [iterator]: () => PairIterator<[string, string]>

  constructor(init: HeadersInit | undefined = undefined, list?: HeaderList, isImmutable?: boolean) {
    if (init === fromList) {
      this.#list = list!
      this.#isImmutable = isImmutable!
      return
    }
    this.#list = readHeadersInit(init)
    this.#isImmutable = false
  }

  append(name: string, value: string): void {
    needArguments(arguments.length, 2, 'append a header')
    const key = normalizeName(`${name}`)
    const text = normalizeValue(`${value}`)
    this.#writable().append(key, text)
  }

  delete(name: string): void {
    needArguments(arguments.length, 1, 'delete a header')
    const key = normalizeName(`${name}`)
    this.#writable().delete(key)
  }

  get(name: string): string | null {
    needArguments(arguments.length, 1, 'get a header')
    return this.#list.get(normalizeName(`${name}`))
  }

  getSetCookie(): string[] {
    return this.#list.setCookies()
  }

  has(name: string): boolean {
    needArguments(arguments.length, 1, 'look for a header')
    return this.#list.has(normalizeName(`${name}`))
  }

  set(name: string, value: string): void {
    needArguments(arguments.length, 2, 'set a header')
    const key = normalizeName(`${name}`)
    const text = normalizeValue(`${value}`)
    this.#writable().set(key, text)
  }

  forEach(visit: (value: string, name: string, headers: Headers) => void, self: unknown = undefined): void {
    needFunction(visit, 'visit headers')
    for (let index = 0; index < this.#list.sorted().length; index++) {
      const pair = this.#list.sorted()[index]!
      apply(visit, self, [pair[1], pair[0], this])
    }
  }

  entries(): PairIterator<[string, string]> {
    const list = this.#list
    return new HeadersIterator(() => list.sorted(), 'entry')
  }

  keys(): PairIterator<string> {
    const list = this.#list
    return new HeadersIterator(() => list.sorted(), 'key')
  }

  values(): PairIterator<string> {
    const list = this.#list
    return new HeadersIterator(() => list.sorted(), 'value')
  }

  #writable(): HeaderList {
    if (this.#isImmutable) throw new TypeError('Cannot change these headers: they are immutable')
    return this.#list
  }

  static {
    wrapHeaderList = (list, isImmutable) => new Headers(fromList, list, isImmutable)
    headerListOf = (value) =>
      typeof value === 'object' && value !== null && #list in value ? value.#list : null
  }
}

iterateByEntries(Headers.prototype)
tagClass(Headers, 'Headers')

const ownIterator = Headers.prototype[iterator]

/**
 * A new list of what `new Headers(init)` takes.
 *
 * @throws TypeError if a name or a value is not allowed.
 */
export function readHeadersInit(init: unknown): HeaderList {
  if (init === undefined) return new HeaderList()
  const existing = headerListOf(init)
  // `Headers` are pairs like any other; only how to iterate over them may have been changed.
  if (existing !== null && (init as Headers)[iterator] === ownIterator) return existing.copy()
  if ((typeof init !== 'object' && typeof init !== 'function') || init === null) {
    throw new TypeError('Cannot read headers: must be Headers, pairs, or an object')
  }
  return (init as Partial<Iterable<unknown>>)[iterator] == null
    ? readRecord(init)
    : readPairs(init as Iterable<Iterable<string>>)
}

function readPairs(pairs: Iterable<Iterable<string>>): HeaderList {
  const list = new HeaderList()
  for (const pair of pairs) {
    const texts = newList<string>()
    for (const text of pair) texts[texts.length] = `${text}`
    if (texts.length !== 2) throw new TypeError('Cannot read headers: each must be a pair of name and value')
    list.append(normalizeName(texts[0]!), normalizeValue(texts[1]!))
  }
  return list
}

function readRecord(record: object): HeaderList {
  const list = new HeaderList()
  const names = ownKeys(record)
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!
    if (!isEnumerableOwn(record, name)) continue
    // A symbol cannot be a name, and throws here as the standard has it.
    const key = normalizeName(`${name as string}`)
    list.append(key, normalizeValue(`${(record as Record<string, unknown>)[name as string]}`))
  }
  return list
}
