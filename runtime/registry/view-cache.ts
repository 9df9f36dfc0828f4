import { LRUCache } from 'lru-cache'

/** A value, and the registry revision at which it was true. */
export interface AtRevision<V> {
  readonly revision: number
  readonly value: V
}

/** Values that are read when first asked for, at most so many, and that move forward by deltas. */
export class ViewCache<V> {
  readonly #entries: LRUCache<string, AtRevision<V>>
  readonly #read: (key: string) => AtRevision<V>

  constructor(max: number, read: (key: string) => AtRevision<V>) {
    this.#entries = new LRUCache({ max })
    this.#read = read
  }

  get(key: string): V {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = this.#read(key)
      this.#entries.set(key, entry)
    }
    return entry.value
  }

  /** Takes what a change brought, unless what is held is newer. Held or not: what was changed will be asked for next. */
  replace(key: string, entry: AtRevision<V>): void {
    const held = this.#entries.peek(key)
    if (held === undefined || held.revision < entry.revision) this.#entries.set(key, entry)
  }

  clear(): void {
    this.#entries.clear()
  }
}
