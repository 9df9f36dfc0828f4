const firstDelayMs = 100
const maxDelayMs = 10_000
const steadyMs = 60_000

/**
 * How long to wait before a worker that died is replaced: not at all, unless the one before it died soon as well; then
 * 100 ms, and twice as long each time, to 10 s. A worker that lived for a minute begins anew.
 */
export class RestartBackoff {
  #deaths = 0

  /** Returns the delay before the next start, for a worker that lived `aliveMs`. */
  died(aliveMs: number): number {
    if (aliveMs >= steadyMs) this.#deaths = 0
    const delayMs = this.#deaths === 0 ? 0 : Math.min(maxDelayMs, firstDelayMs * 2 ** (this.#deaths - 1))
    this.#deaths++
    return delayMs
  }
}
