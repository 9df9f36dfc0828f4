/**
 * Points in time for very many things, most of which are over before theirs comes: one timer for all, kept in slots of
 * 16 ms, so that adding and removing cost the same however many there are. Ends are at most a slot late.
 */
export class Deadlines<T> {
  readonly #slots = new Map<number, Set<T>>()
  readonly #nowMs: () => number
  readonly #expire: (item: T) => void
  #timer: NodeJS.Timeout | null = null

  constructor(nowMs: () => number, expire: (item: T) => void) {
    this.#nowMs = nowMs
    this.#expire = expire
  }

  add(item: T, deadlineMs: number): void {
    const key = this.#slotOf(deadlineMs)
    let slot = this.#slots.get(key)
    if (slot === undefined) {
      slot = new Set()
      this.#slots.set(key, slot)
    }
    slot.add(item)
    this.#timer ??= setInterval(() => this.sweep(), slotMs).unref()
  }

  /** `deadlineMs` as it was added. */
  remove(item: T, deadlineMs: number): void {
    const key = this.#slotOf(deadlineMs)
    const slot = this.#slots.get(key)
    if (slot?.delete(item) && slot.size === 0) this.#slots.delete(key)
  }

  /** Ends what is due. */
  sweep(): void {
    const last = this.#slotOf(this.#nowMs()) - 1
    // After a long pause it is cheaper to look at the slots there are than at those that passed.
    const due = [...this.#slots.keys()].filter((key) => key <= last).sort((a, b) => a - b)
    for (const key of due) {
      const slot = this.#slots.get(key)
      this.#slots.delete(key)
      for (const item of slot ?? []) this.#expire(item)
    }
    if (this.#slots.size === 0) this.close()
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #slotOf(timeMs: number): number {
    return Math.ceil(timeMs / slotMs)
  }
}

const slotMs = 16
