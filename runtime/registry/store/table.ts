import type { Database, Key } from 'lmdb'
import { IsoletteError } from '../../model/errors.ts'
import { damaged } from '../../storage/store-file.ts'

/** What a table's values are; anything else in it is damage. */
export type ValueKind = 'number' | 'object'

export interface TableRange<K> {
  readonly start?: K
  /** Exclusive. */
  readonly end?: K
  readonly limit?: number
}

export interface TableTraits<V> {
  readonly name: string
  readonly kind: ValueKind
  /** That it is in, for messages. */
  readonly file: string
  /** What is read of a value that was stored, perhaps by an older release. */
  readonly complete: (stored: V) => V
}

/** One table of the store: ordered keys, values as MessagePack. Every value is checked to be of the table's kind. */
export class Table<V, K extends Key = string> {
  readonly #database: Database<V, K>
  readonly #name: string
  readonly #kind: ValueKind
  readonly #file: string
  readonly #complete: (stored: V) => V

  constructor(database: Database<V, K>, about: TableTraits<V>) {
    this.#database = database
    this.#name = about.name
    this.#kind = about.kind
    this.#file = about.file
    this.#complete = about.complete
  }

  /** @throws IsoletteError `data_damaged` */
  get(key: K): V | null {
    if (typeof key === 'string' && !canBeKey(key)) return null
    let value: V | undefined
    try {
      value = this.#database.get(key)
    } catch (cause) {
      throw this.#damaged(key, cause)
    }
    return value === undefined ? null : this.#check(key, value)
  }

  /** In order of keys. @throws IsoletteError `data_damaged` while it is read */
  *entries(range: TableRange<K> = {}): Generator<{ readonly key: K; readonly value: V }> {
    try {
      for (const { key, value } of this.#database.getRange(range))
        yield { key, value: this.#check(key, value) }
    } catch (cause) {
      throw cause instanceof IsoletteError ? cause : this.#damaged(null, cause)
    }
  }

  /** Whether there is a key in the range. */
  hasAny(range: TableRange<K>): boolean {
    for (const _ of this.#database.getKeys({ ...range, limit: 1 })) return true
    return false
  }

  /** How many keys are in the range. */
  count(range: TableRange<K>): number {
    return this.#database.getKeysCount(range)
  }

  /** Only within `Store.change`. */
  put(key: K, value: V): void {
    this.#database.put(key, value)
  }

  /** Only within `Store.change`. */
  remove(key: K): void {
    this.#database.remove(key)
  }

  #check(key: K, value: V): V {
    if (typeof value !== this.#kind || value === null) throw this.#damaged(key, undefined)
    try {
      return this.#complete(value)
    } catch (cause) {
      throw this.#damaged(key, cause)
    }
  }

  #damaged(key: K | null, cause: unknown): Error {
    const where = key === null ? '' : ` ${JSON.stringify(key)}`
    return damaged(this.#file, `record${where} of ${this.#name} cannot be read`, cause)
  }
}

/** LMDB refuses keys of more than 1978 bytes, and none with a NUL; a stranger's path or host may be such. */
function canBeKey(key: string): boolean {
  return key !== '' && Buffer.byteLength(key) <= 1900 && !key.includes('\0')
}
