/** What the CPU time of work on the host's threads is measured with. */
export interface WorkClock {
  /** Monotonic. */
  readonly nowMs: () => number
  /** CPU time of all threads of the process but the caller's. */
  readonly otherThreadsMs: () => number
}

/** The clock of this process, for its main thread. */
export const processClock: WorkClock = {
  nowMs: () => performance.now(),
  otherThreadsMs: () => {
    const { user, system } = process.cpuUsage()
    const own = process.threadCpuUsage()
    return (user + system - own.user - own.system) / 1000
  },
}

/** One piece of work, while it runs. */
interface Piece {
  readonly weight: number
  charge(cpuMs: number): void
}

/**
 * Who pays for work on the host's threads. Nothing says what one piece of it took: what the threads used between two
 * looks is divided by weight among those that ran meanwhile, each of which pays for no more than the time that passed.
 * A look is taken whenever one begins or ends. So work that runs alone is charged exactly, but for what V8's own threads
 * do.
 */
export class HostWorkMeter {
  readonly #clock: WorkClock
  readonly #running = new Set<Piece>()
  #weight = 0
  #seenAtMs = 0
  #seenCpuMs = 0

  constructor(clock: WorkClock) {
    this.#clock = clock
  }

  /** Charges until the returned function is called. */
  begin(piece: Piece): () => void {
    this.#look()
    this.#running.add(piece)
    this.#weight += piece.weight
    return () => {
      this.#look()
      this.#running.delete(piece)
      this.#weight -= piece.weight
    }
  }

  #look(): void {
    const nowMs = this.#clock.nowMs()
    const cpuMs = this.#clock.otherThreadsMs()
    if (this.#running.size > 0) {
      const spentMs = Math.max(0, cpuMs - this.#seenCpuMs)
      const mostMs = nowMs - this.#seenAtMs
      for (const piece of this.#running)
        piece.charge(Math.min((spentMs * piece.weight) / this.#weight, mostMs))
    }
    this.#seenAtMs = nowMs
    this.#seenCpuMs = cpuMs
  }
}
