/** One function's work. */
interface Turn {
  running: number
  readonly waiting: Set<() => void>
}

/** Functions that have nothing to do are forgotten when there are more than this. */
const maxTurns = 1000

/** So many pieces of work at once, of each function and of all. The rest waits: those of a function in order, the functions in turns. */
export class HostWorkLane {
  readonly #maxAtOnce: number
  readonly #maxPerFunction: number
  /** Whose turn it is next stands first. */
  readonly #turns = new Map<string, Turn>()
  #running = 0

  constructor(options: { readonly maxAtOnce: number; readonly maxPerFunction: number }) {
    this.#maxAtOnce = options.maxAtOnce
    this.#maxPerFunction = options.maxPerFunction
  }

  /** Does the work when it is its turn. Rejects with the signal's reason if it aborts while the work waits. */
  async run<T>(functionKey: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.#turnOf(functionKey)
    if (turn.waiting.size === 0 && this.#hasRoom(turn)) this.#take(turn)
    else await this.#wait(turn, signal)
    try {
      return await work()
    } finally {
      turn.running--
      this.#running--
      this.#beginNext()
    }
  }

  #turnOf(functionKey: string): Turn {
    let turn = this.#turns.get(functionKey)
    if (turn === undefined) {
      if (this.#turns.size >= maxTurns) this.#forgetIdle()
      turn = { running: 0, waiting: new Set() }
      this.#turns.set(functionKey, turn)
    }
    return turn
  }

  #forgetIdle(): void {
    for (const [key, turn] of this.#turns)
      if (turn.running === 0 && turn.waiting.size === 0) this.#turns.delete(key)
  }

  #hasRoom(turn: Turn): boolean {
    return turn.running < this.#maxPerFunction && this.#running < this.#maxAtOnce
  }

  #take(turn: Turn): void {
    turn.running++
    this.#running++
  }

  #wait(turn: Turn, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const giveUp = () => {
      turn.waiting.delete(begin)
      reject(signal.reason)
    }
    const begin = () => {
      signal.removeEventListener('abort', giveUp)
      resolve()
    }
    signal.addEventListener('abort', giveUp, { once: true })
    turn.waiting.add(begin)
    return promise
  }

  /** Who is served goes to the end of the line. */
  #beginNext(): void {
    for (const [key, turn] of this.#turns) {
      const [next] = turn.waiting
      if (next === undefined || !this.#hasRoom(turn)) continue
      turn.waiting.delete(next)
      this.#turns.delete(key)
      this.#turns.set(key, turn)
      this.#take(turn)
      next()
      return
    }
  }
}
