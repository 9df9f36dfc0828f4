/** CPU milliseconds one entry may be expected to take. */
const entryBudgetMs = 10
const maxRequests = 128
/** Weight of the newest entry in the mean. */
const newestShare = 0.2

/**
 * How many requests of one version enter their instance together: as many as fit into 10 ms at the version's mean CPU.
 * Without it 32 legal requests of 40 ms in one entry silence the worker for 1.3 s.
 *
 * A version that was never run begins with one.
 */
export class BatchSize {
  #meanCpuMs = entryBudgetMs

  get requests(): number {
    return Math.max(1, Math.min(maxRequests, Math.floor(entryBudgetMs / this.#meanCpuMs)))
  }

  /** An entry of `requests` requests took `cpuMs` in all. */
  note(cpuMs: number, requests: number): void {
    const each = Math.max(cpuMs / requests, entryBudgetMs / maxRequests)
    // What grows is believed at once, what shrinks little by little: one entry too large costs all others their turn.
    this.#meanCpuMs = each > this.#meanCpuMs ? each : this.#meanCpuMs + (each - this.#meanCpuMs) * newestShare
  }

  /** An entry had to be ended: the next ones go alone. */
  noteOverrun(): void {
    this.#meanCpuMs = entryBudgetMs * 4
  }
}
