/** How many attempts one worker may have at once: as many as it gets round to within a moment, but at first not knowing. */
const firstCount = 64
const minCount = 32
/** 15 000 a second come back from it within 70 ms. */
const maxCount = 1024
/** What waits longer than this in the worker before it begins waits better in the log: less is lost when the worker dies. */
const maxWaitMs = 100
/** Between two reductions: what is under way shows nothing of the last one yet. */
const restMs = 100
/** So much of it used is all: a function leaves a little to others. */
const fullShare = 7 / 8
/** If nothing comes back for so long, what is out runs for long, and does not wait: of that something would come back. */
const quietMs = 250

/**
 * How many attempts a worker is given before those it has come back. It grows while they begin soon, however long they
 * then run, and shrinks when they wait for the worker.
 */
export class AttemptWindow {
  readonly #nowMs: () => number
  #count = firstCount
  #shrunkAtMs = Number.NEGATIVE_INFINITY
  /** Something came back, or it grew because nothing did. */
  #movedAtMs: number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#movedAtMs = nowMs()
  }

  get count(): number {
    return this.#count
  }

  /** So many came back together of those `held`; the last of them had waited so long before it began. */
  note(cameBack: number, held: number, waitedMs: number): void {
    const nowMs = this.#nowMs()
    this.#movedAtMs = nowMs
    if (waitedMs <= maxWaitMs) {
      // One that is not used up says nothing about more.
      if (this.#isFull(held)) this.#count = Math.min(maxCount, this.#count + cameBack)
      return
    }
    if (nowMs < this.#shrunkAtMs + restMs) return
    this.#shrunkAtMs = nowMs
    this.#count = Math.max(minCount, Math.floor(this.#count * 0.75))
  }

  /** To be called a few times a second: it has so many. True = it has grown. */
  look(held: number): boolean {
    const nowMs = this.#nowMs()
    if (this.#count === maxCount || !this.#isFull(held) || nowMs < this.#movedAtMs + quietMs) return false
    this.#movedAtMs = nowMs
    this.#count = Math.min(maxCount, this.#count + firstCount)
    return true
  }

  #isFull(held: number): boolean {
    return held >= this.#count * fullShare
  }
}
