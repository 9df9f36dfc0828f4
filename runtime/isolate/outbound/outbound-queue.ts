/** Outbound requests that one invocation has open at once; connections are the process's, not the guest's. */
const maxOpen = 6

/** What came of an outbound request that has been answered: its body, which keeps the place until it has ended. */
export interface OpenAnswer {
  /** All that is read ahead is there, and nobody reads. */
  readonly isStalled: boolean
  /** When something of it was read last, or when it began: higher is later. */
  readonly lastReadTurn: number
  giveUp(): void
}

/** One of the outbound requests that may be open at once. */
export class OutboundPlace {
  answer: OpenAnswer | null = null
  readonly #leave: (place: OutboundPlace) => void
  #isLeft = false

  constructor(leave: (place: OutboundPlace) => void) {
    this.#leave = leave
  }

  /** The request is over. May be called again. */
  leave(): void {
    if (this.#isLeft) return
    this.#isLeft = true
    this.#leave(this)
  }
}

/** The outbound requests of one invocation: the first of them run, the others wait in order. */
export class OutboundQueue {
  readonly #open = new Set<OutboundPlace>()
  readonly #waiting = new Set<(place: OutboundPlace) => void>()

  /** How many wait for a place. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** A place when it is its turn. Rejects with the signal's reason if it aborts while it waits. */
  async take(signal: AbortSignal): Promise<OutboundPlace> {
    if (this.#open.size < maxOpen) return this.#begin()
    const { promise, resolve, reject } = Promise.withResolvers<OutboundPlace>()
    const giveUp = () => {
      this.#waiting.delete(begin)
      reject(signal.reason)
    }
    const begin = (place: OutboundPlace) => {
      signal.removeEventListener('abort', giveUp)
      resolve(place)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    this.#waiting.add(begin)
    return promise
  }

  /**
   * Gives up the answer that was not read for longest, if some wait and every place is taken by an answer that nobody
   * reads: else they would wait for ever. Call it when nothing else of the invocation goes on.
   */
  relieve(): void {
    if (this.#waiting.size === 0) return
    let oldest: OpenAnswer | undefined
    for (const { answer } of this.#open) {
      if (answer === null || !answer.isStalled) return
      if (oldest === undefined || answer.lastReadTurn < oldest.lastReadTurn) oldest = answer
    }
    oldest?.giveUp()
  }

  #begin(): OutboundPlace {
    const place = new OutboundPlace((left) => this.#leave(left))
    this.#open.add(place)
    return place
  }

  #leave(place: OutboundPlace): void {
    this.#open.delete(place)
    const [next] = this.#waiting
    if (next === undefined) return
    this.#waiting.delete(next)
    next(this.#begin())
  }
}
