import type { InvocationRecord } from '../../runtime/index.ts'

const maxRecords = 1000

/** The latest invocation records of all workers, and those who want to see each one. */
export class RecentRecords {
  readonly #records: InvocationRecord[] = []
  readonly #listeners = new Set<(record: InvocationRecord) => void>()

  get hasListeners(): boolean {
    return this.#listeners.size > 0
  }

  add(records: readonly InvocationRecord[]): void {
    this.#records.push(...records.slice(-maxRecords))
    if (this.#records.length > maxRecords) this.#records.splice(0, this.#records.length - maxRecords)
    for (const record of records) {
      for (const listener of this.#listeners) listener(record)
    }
  }

  /** Oldest first, at most 1 000. */
  list(): readonly InvocationRecord[] {
    return [...this.#records]
  }

  /** Returns the function that ends it. */
  listen(listener: (record: InvocationRecord) => void): () => void {
    // Of its own, so that whoever listens twice can end one of them.
    const own = (record: InvocationRecord) => listener(record)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }
}
