/**
 * Milliseconds after which a turn lets the event loop look at its sockets again. Whoever arrives meanwhile waits for the
 * rest of the turn; a look costs some 20 µs.
 */
const budgetMs = 10
/** A lane that is never empty gives back the slots of what it has run after so many. */
const maxSpentSlots = 1024

/** What one function has ready, in order. */
export class Lane<T> {
  #items: T[] = []
  #head = 0

  get isEmpty(): boolean {
    return this.#head === this.#items.length
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** The first item of a lane that is not empty. */
  shift(): T {
    const item = this.#items[this.#head++]!
    if (this.isEmpty) {
      this.#items = []
      this.#head = 0
    } else if (this.#head === maxSpentSlots) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    return item
  }
}

/**
 * Runs what became ready in one turn of the event loop together, after its sockets were read (`setImmediate`): that is
 * what makes batches of requests that arrived at the same time.
 *
 * Lanes take turns, one item each: whatever one of them has ready, another waits for at most one item of it.
 */
export class Turn<T> {
  readonly #nowMs: () => number
  readonly #run: (item: T) => void
  /** Lanes that have items, each once, the one whose turn it is first. */
  readonly #lanes = new Lane<Lane<T>>()
  #size = 0
  #isScheduled = false
  /** When the last turn ended. */
  lastAtMs = 0

  constructor(nowMs: () => number, run: (item: T) => void) {
    this.#nowMs = nowMs
    this.#run = run
  }

  add(lane: Lane<T>, item: T): void {
    if (lane.isEmpty) this.#lanes.push(lane)
    lane.push(item)
    this.#size++
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#takeTurn)
  }

  readonly #takeTurn = (): void => {
    this.#isScheduled = false
    const stopAtMs = this.#nowMs() + budgetMs
    // What becomes ready meanwhile is for the next turn: else a function that always has more would never let it end.
    for (let left = this.#size; left > 0; left--) {
      const lane = this.#lanes.shift()
      const item = lane.shift()
      this.#size--
      // Before it runs: what it adds to its own lane stands behind the other lanes.
      if (!lane.isEmpty) this.#lanes.push(lane)
      this.#run(item)
      this.lastAtMs = this.#nowMs()
      if (this.lastAtMs >= stopAtMs) break
    }
    if (this.#size === 0 || this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#takeTurn)
  }
}
