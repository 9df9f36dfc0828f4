/** At most so many in each second; seconds begin with the first that takes from a new one. */
export class SecondBudget {
  readonly #perSecond: number
  #left = 0
  #endsAtMs = Number.NEGATIVE_INFINITY

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Takes as many as asked for, if this second has any left. `nowMs` never goes back. */
  take(nowMs: number, amount = 1): boolean {
    if (nowMs >= this.#endsAtMs) {
      this.#endsAtMs = nowMs + 1000
      this.#left = this.#perSecond
    }
    if (this.#left <= 0) return false
    this.#left -= amount
    return true
  }
}
