export interface MemoryBudgetOptions {
  /** Of the whole worker, in MiB. */
  readonly budgetMiB: number
  /** Resident memory of this process in MiB. */
  readonly rssMiB: () => number
  /** What instances and waiting isolates are estimated to take, in MiB. */
  readonly estimatedMiB: () => number
}

/** However small the budget is, instances have this share of it. */
const leastShare = 0.25

/**
 * How much memory a worker's instances may still take: by estimates, for resident memory tells too little and too late.
 *
 * It does not fall when instances go: of 400, a quarter of their memory went back to the system within six seconds, the
 * rest is used again by the next ones. Whoever evicts until resident memory is below the budget evicts everything. So what
 * instances have ever taken is held to be theirs still, and only what resident memory has beyond that is what the
 * estimates missed (buffers of the host, WebAssembly, garbage). It counts when a new instance is to be made, which then
 * takes the place of others, but never makes the worker give up instances by itself: they would not bring it down.
 */
export class MemoryBudget {
  readonly #options: MemoryBudgetOptions
  /** What instances may take. */
  readonly #availableMiB: number
  /** Resident memory without instances. */
  readonly #bareMiB: number
  /** Resident memory when it was last looked at. */
  #residentMiB: number
  /** The most that instances took, less what has gone back to the system since. */
  #highestMiB = 0

  /** To be made before there are instances. */
  constructor(options: MemoryBudgetOptions) {
    this.#options = options
    this.#bareMiB = this.#residentMiB = options.rssMiB()
    this.#availableMiB = Math.max(options.budgetMiB - this.#bareMiB, options.budgetMiB * leastShare)
  }

  /** What instances take over the budget, in MiB; negative if they do not. */
  get excessMiB(): number {
    return this.#options.estimatedMiB() - this.#availableMiB
  }

  /** Whether another instance fits in, by resident memory as it was when `look` was called last. */
  hasRoomFor(memoryMiB: number): boolean {
    const estimatedMiB = this.#options.estimatedMiB()
    this.#highestMiB = Math.max(this.#highestMiB, estimatedMiB)
    const unexplainedMiB = Math.max(0, this.#residentMiB - this.#bareMiB - this.#highestMiB)
    return estimatedMiB + unexplainedMiB + memoryMiB <= this.#availableMiB
  }

  /**
   * Looks at the process's resident memory, and notices what went back to the system. To be called every second: the
   * kernel takes up to 70 µs to tell, too much for a cold start.
   */
  look(): void {
    this.#residentMiB = this.#options.rssMiB()
    const takenMiB = Math.min(this.#highestMiB, this.#residentMiB - this.#bareMiB)
    this.#highestMiB = Math.max(this.#options.estimatedMiB(), takenMiB)
  }
}
