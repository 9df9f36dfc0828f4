/** Milliseconds after which a turn lets the event loop look at its sockets again. */
const budgetMs = 50

/**
 * Runs what became ready in one turn of the event loop together, after its sockets were read (`setImmediate`): that is
 * what makes batches of requests that arrived at the same time.
 */
export class Turn<T> {
  readonly #nowMs: () => number
  readonly #run: (item: T) => void
  #items: T[] = []
  #isScheduled = false
  /** When the last turn ended. */
  lastAtMs = 0

  constructor(nowMs: () => number, run: (item: T) => void) {
    this.#nowMs = nowMs
    this.#run = run
  }

  add(item: T): void {
    this.#items.push(item)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#takeTurn)
  }

  readonly #takeTurn = (): void => {
    this.#isScheduled = false
    const items = this.#items
    this.#items = []
    const stopAtMs = this.#nowMs() + budgetMs
    for (let index = 0; index < items.length; index++) {
      this.#run(items[index]!)
      this.lastAtMs = this.#nowMs()
      if (this.lastAtMs < stopAtMs) continue
      for (const item of items.slice(index + 1)) this.add(item)
      return
    }
  }
}
