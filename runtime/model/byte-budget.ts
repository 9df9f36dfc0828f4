/** Bytes of memory that many things take together, and that must not pass a bound. */
export class ByteBudget {
  readonly #maxBytes: number
  #heldBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Counts bytes that are held from now on; false, and nothing is counted, if that is more than is left. */
  hold(bytes: number): boolean {
    if (this.#heldBytes + bytes > this.#maxBytes) return false
    this.#heldBytes += bytes
    return true
  }

  /** They are held no longer. */
  release(bytes: number): void {
    this.#heldBytes -= bytes
  }
}
