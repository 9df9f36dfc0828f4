/** Memory of the host that a guest makes it use, and that no limit of its isolate covers. */
export class MemoryBudget {
  readonly #maxBytes: number
  #heldBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** False if that is more than is left: then nothing is held. */
  hold(bytes: number): boolean {
    if (this.#heldBytes + bytes > this.#maxBytes) return false
    this.#heldBytes += bytes
    return true
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes
  }
}

/** What one piece of work holds of a budget. */
export class MemoryShare {
  readonly #budget: MemoryBudget
  #heldBytes = 0

  constructor(budget: MemoryBudget) {
    this.#budget = budget
  }

  /** False if that is more than is left: then no more is held than before. */
  hold(bytes: number): boolean {
    if (!this.#budget.hold(bytes)) return false
    this.#heldBytes += bytes
    return true
  }

  /** Holds so much instead of what it held before. False if that is more than is left: then nothing changes. */
  holdOnly(bytes: number): boolean {
    const before = this.#heldBytes
    if (bytes > before) return this.hold(bytes - before)
    this.#budget.release(before - bytes)
    this.#heldBytes = bytes
    return true
  }

  /** Gives everything back. */
  release(): void {
    this.#budget.release(this.#heldBytes)
    this.#heldBytes = 0
  }
}
