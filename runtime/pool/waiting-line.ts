import { Deadlines } from '../isolate/deadlines.ts'
import type { Invocation } from '../model/invocation.ts'
import type { Outcome } from '../model/outcome.ts'
import type { VersionPool } from './version-pool.ts'

/** An invocation that has no instance yet. */
export interface Waiting {
  readonly invocation: Invocation
  readonly isSecondRun: boolean
  readonly pool: VersionPool
  /** Settled while it waited. */
  isGone: boolean
  /** Where `Deadlines` holds it, null if nowhere. */
  expiresAtMs: number | null
}

/** The invocations that wait for an instance, each in the line of its version, until their deadlines. */
export class WaitingLine {
  readonly #nowMs: () => number
  readonly #deadlines: Deadlines<Waiting>

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#deadlines = new Deadlines(nowMs, (waiting) => this.giveUp(waiting, waitedInVain))
  }

  add(pool: VersionPool, invocation: Invocation, isSecondRun: boolean): void {
    pool.waiting.push({ invocation, isSecondRun, pool, isGone: false, expiresAtMs: null })
  }

  /** Those that wait now may have to wait for long: their deadlines are watched from now on. */
  watch(pool: VersionPool): void {
    for (const waiting of pool.waiting) {
      if (waiting.expiresAtMs !== null) continue
      waiting.expiresAtMs = waiting.invocation.deadlineMs
      this.#deadlines.add(waiting, waiting.expiresAtMs)
    }
  }

  /** The next one of a line that is not empty; its wait is over. */
  take(pool: VersionPool): Waiting {
    const waiting = pool.waiting.shift()!
    this.#unwatch(waiting)
    waiting.invocation.usage.waitMs = this.#nowMs() - waiting.invocation.arrivedAtMs
    return waiting
  }

  /** Settles one that waits. */
  giveUp(waiting: Waiting, outcome: Outcome): void {
    if (waiting.isGone) return
    waiting.isGone = true
    this.#unwatch(waiting)
    const { waiting: all } = waiting.pool
    const index = all.indexOf(waiting)
    if (index !== -1) all.splice(index, 1)
    waiting.invocation.usage.waitMs = this.#nowMs() - waiting.invocation.arrivedAtMs
    waiting.invocation.onSettled(outcome)
  }

  giveUpAll(pool: VersionPool, outcome: Outcome = waitedInVain): void {
    for (const waiting of [...pool.waiting]) this.giveUp(waiting, outcome)
  }

  close(): void {
    this.#deadlines.close()
  }

  #unwatch(waiting: Waiting): void {
    if (waiting.expiresAtMs !== null) this.#deadlines.remove(waiting, waiting.expiresAtMs)
    waiting.expiresAtMs = null
  }
}

const waitedInVain: Outcome = { kind: 'overloaded', message: 'No instance became free before the deadline' }
