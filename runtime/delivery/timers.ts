/** Where time passes; handed in, so that tests decide when. */
export interface Timers {
  /** Calls back once, unless what it returns is called before. */
  after(delayMs: number, callback: () => void): () => void
}

export const systemTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
