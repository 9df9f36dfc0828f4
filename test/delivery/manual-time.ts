import type { Timers } from '../../runtime/delivery/timers.ts'

/** A clock and timers that stand still until they are told to go on. */
export class ManualTime implements Timers {
  #nowMs = 1_700_000_000_000
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()

  readonly nowMs = (): number => this.#nowMs

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Lets so much time pass: timers go off at theirs, and what they bring about is done before the next. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await turn()
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined || next.atMs > untilMs) break
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
      await turn()
    }
    this.#nowMs = untilMs
    await turn()
  }
}

/** Until all promises that are settled have told so. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
