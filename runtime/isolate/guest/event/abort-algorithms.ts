/** In a ring that begins and ends with the list's own. */
interface Algorithm {
  readonly run: (() => void) | null
  previous: Algorithm
  next: Algorithm
}

/** What is called when a signal aborts, in order. */
export class AbortAlgorithms {
  readonly #ring: Algorithm

  constructor() {
    // All are its own from the beginning: none is assigned through a setter on `Object.prototype`.
    const ring = { run: null, previous: null, next: null } as unknown as Algorithm
    ring.previous = ring.next = ring
    this.#ring = ring
  }

  get isEmpty(): boolean {
    return this.#ring.next === this.#ring
  }

  /** @returns what takes it back. Signals may live long, and what waits for them comes and goes. */
  add(run: () => void): () => void {
    const ring = this.#ring
    const algorithm: Algorithm = { run, previous: ring.previous, next: ring }
    ring.previous.next = algorithm
    ring.previous = algorithm
    return () => {
      algorithm.previous.next = algorithm.next
      algorithm.next.previous = algorithm.previous
      algorithm.previous = algorithm.next = algorithm
    }
  }

  /** Each once; those that are taken back meanwhile are not called. */
  runAll(): void {
    const ring = this.#ring
    while (ring.next !== ring) {
      const { run, next } = ring.next
      next.previous = ring
      ring.next.previous = ring.next.next = ring.next
      ring.next = next
      run!()
    }
  }
}
