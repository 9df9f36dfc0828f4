import type { ByteBudget } from '../../model/byte-budget.ts'

/** What one piece of work holds of a budget. */
export class MemoryShare {
  readonly #budget: ByteBudget
  #heldBytes = 0

  constructor(budget: ByteBudget) {
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
