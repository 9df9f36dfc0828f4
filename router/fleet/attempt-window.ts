/** How many attempts one worker may have at once: as many as it gets round to within a moment, but at first not knowing. */
const firstCount = 64
const minCount = 32
/** 15 000 a second come back from it within 70 ms. */
const maxCount = 1024
/** What waits longer than this in the worker before it begins waits better in the log: less is lost when the worker dies. */
const maxWaitMs = 100
/** Between two reductions: what is under way shows nothing of the last one yet. */
const restMs = 100

/**
 * How many attempts a worker is given before those it has come back. It grows while they begin soon, however long they
 * then run, and shrinks when they wait for the worker.
 */
export class AttemptWindow {
  readonly #nowMs: () => number
  #count = firstCount
  #shrunkAtMs = Number.NEGATIVE_INFINITY

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  get count(): number {
    return this.#count
  }

  /** So many came back together of those `held`; the last of them had waited so long before it began. */
  note(cameBack: number, held: number, waitedMs: number): void {
    if (waitedMs <= maxWaitMs) {
      // One that is not used up says nothing about more.
      if (held >= this.#count) this.#count = Math.min(maxCount, this.#count + cameBack)
      return
    }
    const nowMs = this.#nowMs()
    if (nowMs < this.#shrunkAtMs + restMs) return
    this.#shrunkAtMs = nowMs
    this.#count = Math.max(minCount, Math.floor(this.#count * 0.75))
  }
}
