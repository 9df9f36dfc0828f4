/** Outbound requests that one invocation has open at once; connections are the process's, not the guest's. */
const maxOpen = 6

/** The outbound requests of one invocation: the first of them run, the others wait in order. */
export class OutboundQueue {
  #open = 0
  readonly #waiting = new Set<() => void>()

  /** Does the work when it is its turn. Rejects with the signal's reason if it aborts while it waits. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#open < maxOpen) this.#open++
    else await this.#turn(signal)
    try {
      return await work()
    } finally {
      this.#handOn()
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const giveUp = () => {
      this.#waiting.delete(begin)
      reject(signal.reason)
    }
    const begin = () => {
      signal.removeEventListener('abort', giveUp)
      resolve()
    }
    signal.addEventListener('abort', giveUp, { once: true })
    this.#waiting.add(begin)
    return promise
  }

  #handOn(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#open--
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
