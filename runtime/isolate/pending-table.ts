import type { Pending } from './pending.ts'

/** Ids are `turn × slotCount + slot`: a slot is used again, an id is not. */
const slotCount = 2 ** 20

/**
 * What is inside one instance, by request id.
 *
 * Not a `Map`: one whose entries come and go by the thousand is copied into a new table again and again, and V8 chains
 * the old tables to the new. Once one of them is old enough for the old generation, it keeps all later ones, and every
 * request in them, alive until the next full collection: 10 MB survived each minor one, which took 50 ms.
 */
export class PendingTable {
  readonly #slots: (Pending | null)[] = []
  readonly #turns: number[] = []
  readonly #free: number[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Makes the id for what `make` creates, and keeps it. */
  add(make: (requestId: number) => Pending): Pending {
    const slot = this.#free.pop() ?? this.#slots.length
    const turn = (this.#turns[slot] ?? 0) + 1
    this.#turns[slot] = turn
    const pending = make(turn * slotCount + slot)
    this.#slots[slot] = pending
    this.#size++
    return pending
  }

  get(requestId: number): Pending | undefined {
    const pending = this.#slots[requestId % slotCount]
    return pending != null && pending.requestId === requestId ? pending : undefined
  }

  has(pending: Pending): boolean {
    return this.get(pending.requestId) === pending
  }

  delete(pending: Pending): void {
    if (!this.has(pending)) return
    const slot = pending.requestId % slotCount
    this.#slots[slot] = null
    this.#free.push(slot)
    this.#size--
  }

  clear(): void {
    for (const pending of this.values()) this.delete(pending)
  }

  /** May be changed meanwhile. */
  *values(): Iterable<Pending> {
    if (this.#size === 0) return
    for (const pending of this.#slots) if (pending != null) yield pending
  }
}
