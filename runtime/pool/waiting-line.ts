import { Deadlines } from '../isolate/instance/deadlines.ts'
import type { Invocation } from '../model/invocation.ts'
import { fixedLimits } from '../model/limits.ts'
import type { Outcome } from '../model/outcome.ts'
import type { FunctionPool } from './function-pool.ts'
import type { VersionPool } from './version-pool.ts'

/** An invocation that has no instance yet. */
export interface Waiting {
  readonly invocation: Invocation
  readonly isSecondRun: boolean
  readonly pool: VersionPool
  /** What `pool.reserved` was asked for it. Until then it waits with the function, afterwards with the version. */
  isAdmitted: boolean
  /** Settled while it waited. */
  isGone: boolean
  /** Where `Deadlines` holds it, null if nowhere. */
  expiresAtMs: number | null
}

/** The invocations that wait for an instance, until their deadlines: one line a version, bounded for each function. */
export class WaitingLine {
  /** Those of all functions. */
  size = 0
  readonly #nowMs: () => number
  readonly #deadlines: Deadlines<Waiting>

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#deadlines = new Deadlines(nowMs, (waiting) => this.giveUp(waiting, waitedInVain))
  }

  isFull({ waiting, unadmitted }: FunctionPool): boolean {
    return waiting + unadmitted.length >= fixedLimits.maxWaitingPerFunction
  }

  add(
    pool: VersionPool,
    invocation: Invocation,
    options: { isSecondRun: boolean; isAdmitted: boolean },
  ): void {
    const waiting: Waiting = { invocation, pool, ...options, isGone: false, expiresAtMs: null }
    this.size++
    if (options.isAdmitted) this.#join(waiting)
    else {
      pool.function.unadmitted.push(waiting)
      this.#watch(waiting)
    }
  }

  /** It has waited for `pool.reserved` for as long as need be, and goes on to wait for an instance. */
  admit(waiting: Waiting): void {
    this.#leave(waiting)
    waiting.isAdmitted = true
    this.#join(waiting)
  }

  /** Those that wait now may have to wait for long: their deadlines are watched from now on. */
  watch(pool: VersionPool): void {
    for (const waiting of pool.waiting) this.#watch(waiting)
  }

  /** The next one of a line that is not empty; its wait is over. */
  take(pool: VersionPool): Waiting {
    const waiting = pool.waiting.shift()!
    pool.function.waiting--
    this.#end(waiting)
    return waiting
  }

  /** Settles one that waits. */
  giveUp(waiting: Waiting, outcome: Outcome): void {
    if (waiting.isGone) return
    waiting.isGone = true
    this.#leave(waiting)
    this.#end(waiting)
    waiting.invocation.onSettled(outcome)
  }

  /** Takes one out that another worker runs. */
  handOver(waiting: Waiting): void {
    waiting.isGone = true
    this.#leave(waiting)
    this.#end(waiting)
  }

  /**
   * An instance of a version came to nothing: settles those that waited for it. They go on waiting where others serve, and
   * nobody waits for this one whom those that still initialise have room for.
   */
  failOne(pool: VersionPool, outcome: Outcome): void {
    if (pool.isServing) return
    const { coming } = pool
    if (coming === 0) this.failAll(pool, outcome)
    // It would have been ready first, for those who came first.
    else if (coming < pool.waiting.length) {
      const most = Math.min(pool.concurrency, pool.waiting.length - coming)
      for (const waiting of pool.waiting.slice(0, most)) this.giveUp(waiting, outcome)
    }
  }

  /** Settles all that wait for an instance of a version. */
  failAll(pool: VersionPool, outcome: Outcome): void {
    for (const waiting of [...pool.waiting]) this.giveUp(waiting, outcome)
  }

  /** Settles all that wait, for whatever it is. */
  giveUpAll(owner: FunctionPool): void {
    for (const waiting of [...owner.unadmitted]) this.giveUp(waiting, waitedInVain)
    for (const pool of owner.versions) this.failAll(pool, waitedInVain)
  }

  /** The caller went away. False = it does not wait here. */
  cancel(pool: VersionPool, invocation: Invocation): boolean {
    const isMeant = (one: Waiting) => one.invocation === invocation
    const waiting = pool.waiting.find(isMeant) ?? pool.function.unadmitted.find(isMeant)
    if (waiting === undefined) return false
    this.giveUp(waiting, { kind: 'canceled', message: 'The client went away' })
    return true
  }

  close(): void {
    this.#deadlines.close()
  }

  #join(waiting: Waiting): void {
    const { pool } = waiting
    pool.waiting.push(waiting)
    pool.function.waiting++
  }

  #leave(waiting: Waiting): void {
    const { pool, isAdmitted } = waiting
    const line = isAdmitted ? pool.waiting : pool.function.unadmitted
    const index = line.indexOf(waiting)
    if (index === -1) return
    line.splice(index, 1)
    if (isAdmitted) pool.function.waiting--
  }

  #end(waiting: Waiting): void {
    this.size--
    const { invocation, expiresAtMs } = waiting
    if (expiresAtMs !== null) this.#deadlines.remove(waiting, expiresAtMs)
    waiting.expiresAtMs = null
    invocation.usage.waitMs = this.#nowMs() - invocation.arrivedAtMs
  }

  #watch(waiting: Waiting): void {
    if (waiting.expiresAtMs !== null) return
    waiting.expiresAtMs = waiting.invocation.deadlineMs
    this.#deadlines.add(waiting, waiting.expiresAtMs)
  }
}

const waitedInVain: Outcome = { kind: 'overloaded', message: 'No instance became free before the deadline' }
