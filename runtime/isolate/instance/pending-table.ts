import type { Pending } from './pending.ts'

const firstSlotCount = 16

/**
 * What is inside one instance, by request id: a table of slots, of which each id has the one of its last bits.
 *
 * Not a `Map`: one whose entries come and go by the thousand is copied into a new table again and again, and V8 chains
 * the old tables to the new. Once one of them is old enough for the old generation, it keeps all later ones, and every
 * request in them, alive until the next full collection: 10 MB survived each minor one, which took 50 ms.
 *
 * Ids count from 1: numbers under 2^31 are the cheap kind on both sides of the boundary, in arithmetic and as text.
 */
export class PendingTable {
  /** A power of two of them, at most half of them taken. */
  #slots: (Pending | null)[] = new Array(firstSlotCount).fill(null)
  #lastId = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Makes the id for what `make` creates, and keeps it. */
  add(make: (requestId: number) => Pending): Pending {
    if (this.#size * 2 === this.#slots.length) this.#grow()
    const slots = this.#slots
    // Those whose slot a long request has are passed over: an id is never used again.
    do this.#lastId++
    while (slots[slotOf(this.#lastId, slots)] !== null)
    const pending = make(this.#lastId)
    slots[slotOf(this.#lastId, slots)] = pending
    this.#size++
    return pending
  }

  get(requestId: number): Pending | undefined {
    const pending = this.#slots[slotOf(requestId, this.#slots)]
    return pending != null && pending.requestId === requestId ? pending : undefined
  }

  has(pending: Pending): boolean {
    return this.get(pending.requestId) === pending
  }

  delete(pending: Pending): void {
    if (!this.has(pending)) return
    this.#slots[slotOf(pending.requestId, this.#slots)] = null
    this.#size--
  }

  clear(): void {
    for (const pending of this.values()) this.delete(pending)
  }

  /** May be changed meanwhile. */
  *values(): Iterable<Pending> {
    if (this.#size === 0) return
    for (const pending of this.#slots) if (pending !== null && this.has(pending)) yield pending
  }

  /** Ids that had a slot each of so many have one each of twice as many. */
  #grow(): void {
    const slots: (Pending | null)[] = new Array(this.#slots.length * 2).fill(null)
    for (const pending of this.#slots) {
      if (pending !== null) slots[slotOf(pending.requestId, slots)] = pending
    }
    this.#slots = slots
  }
}

function slotOf(requestId: number, slots: readonly unknown[]): number {
  return requestId & (slots.length - 1)
}
