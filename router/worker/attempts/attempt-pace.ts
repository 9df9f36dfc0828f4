export interface AttemptPaceOptions {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  /** Requests that somebody waits for, all that ever came. */
  readonly requests: () => number
}

interface Terms {
  readonly share: number
  readonly portionMs: number
}

/**
 * Of a worker's time, what attempts may take while requests come, and how long what is begun at once may run. With 0.15 the
 * p99 of 2 000 requests a second doubled where supervisor and worker share a core; with 0.05 it stays, at 600 attempts a second.
 */
const besideRequests: Terms = { share: 0.05, portionMs: 0.25 }
/**
 * The same while none comes. More than there is, for what they are expected to take includes what other processes do. The
 * next request to come waits for one portion at most.
 */
const alone: Terms = { share: 3, portionMs: 2 }
/** Requests are expected as long as one came within so long. */
const memoryMs = 1000

/**
 * How many attempts a worker begins, and when, so that requests hardly notice: time is saved up bit by bit, and what was
 * begun is paid for from it, in advance as far as can be known and the rest when it has ended.
 */
export class AttemptPace {
  readonly #options: AttemptPaceOptions
  #savedMs = alone.portionMs
  #lookedAtMs: number
  #requests = 0
  #requestAtMs = Number.NEGATIVE_INFINITY
  #terms: Terms = alone

  constructor(options: AttemptPaceOptions) {
    this.#options = options
    this.#lookedAtMs = options.nowMs()
  }

  /** How long what is begun at once may run. */
  get portionMs(): number {
    return this.#terms.portionMs
  }

  /** Whether requests are expected. */
  get isBesideRequests(): boolean {
    return this.#terms === besideRequests
  }

  /** Whether one more may begin. */
  get mayBegin(): boolean {
    return this.#savedMs > 0
  }

  /** How long until one more may begin, as far as can be known. */
  get waitMs(): number {
    return this.#savedMs > 0 ? 0 : -this.#savedMs / this.#terms.share
  }

  /** Takes notice of the time that passed. To be called before `mayBegin` is asked for the first time in a turn. */
  look(): void {
    const { nowMs, requests } = this.#options
    const now = nowMs()
    const count = requests()
    if (count !== this.#requests) {
      this.#requests = count
      this.#requestAtMs = now
    }
    this.#terms = now - this.#requestAtMs < memoryMs ? besideRequests : alone
    const { share, portionMs } = this.#terms
    this.#savedMs = Math.min(portionMs, this.#savedMs + (now - this.#lookedAtMs) * share)
    this.#lookedAtMs = now
  }

  /** What was begun takes so much; less than nothing = it took less than was paid. */
  pay(ms: number): void {
    this.#savedMs -= ms
  }
}
