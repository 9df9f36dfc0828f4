/** What bodies of one kind may take of memory, those of all exchanges together. */
export class HeldBytes {
  readonly #maxBytes: number
  #heldBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Counts bytes that are held from now on; false, and nothing is counted, if they are too many. */
  take(bytes: number): boolean {
    if (this.#heldBytes + bytes > this.#maxBytes) return false
    this.#heldBytes += bytes
    return true
  }

  /** They are held no longer. */
  give(bytes: number): void {
    this.#heldBytes -= bytes
  }
}
