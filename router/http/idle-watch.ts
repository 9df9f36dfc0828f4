/** What is looked at every second while it streams. */
export interface Watched {
  onTick(nowMs: number): void
}

/** Calls back every second until what it returned is called. */
export type EverySecond = (tick: () => void) => () => void

/** One timer for all that streams, and none while nothing does. */
export class IdleWatch {
  readonly #nowMs: () => number
  readonly #everySecond: EverySecond
  readonly #watched = new Set<Watched>()
  #stop: (() => void) | null = null

  constructor(nowMs: () => number, everySecond: EverySecond) {
    this.#nowMs = nowMs
    this.#everySecond = everySecond
  }

  add(one: Watched): void {
    this.#watched.add(one)
    this.#stop ??= this.#everySecond(this.#tick)
  }

  delete(one: Watched): void {
    this.#watched.delete(one)
    if (this.#watched.size > 0) return
    this.#stop?.()
    this.#stop = null
  }

  readonly #tick = (): void => {
    const nowMs = this.#nowMs()
    for (const one of this.#watched) one.onTick(nowMs)
  }
}

export const everySecond: EverySecond = (tick) => {
  const timer = setInterval(tick, 1000).unref()
  return () => clearInterval(timer)
}
