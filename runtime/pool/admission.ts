import type { PoolSettings } from '../model/function.ts'
import type { Invocation } from '../model/invocation.ts'
import { fixedLimits } from '../model/limits.ts'
import type { FailedOutcome, Outcome } from '../model/outcome.ts'
import type { Share } from '../model/share.ts'
import type { FunctionPool } from './function-pool.ts'
import type { VersionPool } from './version-pool.ts'
import type { WaitingLine } from './waiting-line.ts'

/** What this worker may have of functions that have a cap over all workers. */
export interface Shares {
  /** Null = that is being asked. */
  of(functionName: string, settings: PoolSettings): Share | null
  /** Whether more was asked for, and is to be waited for. If not, `Pool.noteShare` is called when asking is of use again. */
  askMore(functionName: string, what: keyof Share): boolean
}

/** What becomes of an invocation that has just arrived: `wait` = until the share is known, or larger. */
export type Verdict = 'run' | 'wait' | 'taken' | Outcome

/** Decides whether invocations of functions with `pool.reserved` or `pool.maxInstances` may run here. */
export class Admission {
  readonly #shares: Shares
  readonly #line: WaitingLine
  readonly #handOver: (invocation: Invocation) => boolean

  /** `handOver` gives an invocation to a worker that has a share, where this one has none; false = there is no such worker. */
  constructor(shares: Shares, line: WaitingLine, handOver: (invocation: Invocation) => boolean) {
    this.#shares = shares
    this.#line = line
    this.#handOver = handOver
  }

  /** `taken` = another worker runs and settles it. */
  judge(pool: VersionPool, invocation: Invocation): Verdict {
    const owner = pool.function
    const share = this.#shareOf(pool)
    // Behind those that wait already, however large the share is.
    const isFirst = owner.unadmitted.length === 0
    if (share !== null && isFirst && owner.inFlight < share.requests) return 'run'
    if (share !== null && share.requests === 0 && this.#handOver(invocation)) return 'taken'
    const isAsked = share === null && isFirst
    if (isAsked || this.#shares.askMore(owner.name, 'requests')) return 'wait'
    return share !== null && lacksInstances(pool, share) ? 'wait' : throttledOver(pool)
  }

  /** Why one more would be refused or wait at once; null = it would not, or is for another worker. */
  refusalNow(pool: VersionPool): FailedOutcome | null {
    const share = this.#shareOf(pool)
    const hasRoom = share === null || share.requests === 0 || pool.function.inFlight < share.requests
    return hasRoom ? null : throttledOver(pool)
  }

  /** Requests of a function have ended: admits those that wait for that. */
  admit(owner: FunctionPool, onAdmitted: (pool: VersionPool) => void): void {
    for (const waiting of [...owner.unadmitted]) {
      const share = this.#shareOf(waiting.pool)
      if (share === null || owner.inFlight >= share.requests) return
      this.#line.admit(waiting)
      onAdmitted(waiting.pool)
    }
  }

  /** The share of a function may be another: what cannot be admitted now is given away, or asks again, or is refused. */
  review(owner: FunctionPool, onAdmitted: (pool: VersionPool) => void): void {
    this.#giveAway(owner)
    this.admit(owner, onAdmitted)
    for (const waiting of [...owner.unadmitted]) {
      const share = this.#shareOf(waiting.pool)
      if (share === null) return
      if (share.requests === 0 && this.#handOver(waiting.invocation)) this.#line.handOver(waiting)
      else if (!this.#shares.askMore(owner.name, 'requests') && !lacksInstances(waiting.pool, share))
        this.#line.giveUp(waiting, throttledOver(waiting.pool))
    }
  }

  /** Those that wait for an instance, where this worker is to have none of the function's any more. */
  #giveAway(owner: FunctionPool): void {
    for (const pool of owner.versions) {
      if (!pool.isCapped || pool.waiting.length === 0 || this.#shareOf(pool)?.requests !== 0) continue
      for (const waiting of [...pool.waiting]) {
        if (!this.#handOver(waiting.invocation)) return
        this.#line.handOver(waiting)
      }
    }
  }

  /** Instances that the function may have here; null = not known yet. */
  instancesOf(pool: VersionPool): number | null {
    const { reserved, maxInstances } = pool.target.settings.pool
    // Without a cap of its own their number is no affair of others: they stay for when the share of requests is back.
    if (maxInstances === null && reserved !== 0) return Number.POSITIVE_INFINITY
    return this.#shareOf(pool)?.instances ?? null
  }

  /** More instances are wanted than `instancesOf`. */
  askInstances(pool: VersionPool): void {
    this.#shares.askMore(pool.function.name, 'instances')
  }

  #shareOf(pool: VersionPool): Share | null {
    return this.#shares.of(pool.function.name, pool.target.settings.pool)
  }
}

/** @returns the outcome of invocations that find the line full. */
export function throttledByLine(): Outcome {
  const message = `${fixedLimits.maxWaitingPerFunction} requests wait for an instance of this function, no more may`
  return { kind: 'throttled', message }
}

/**
 * Not over `pool.reserved`, but without any of the function's few instances: another worker has them, and it drains, or is
 * about to hand them on.
 */
function lacksInstances({ target }: VersionPool, share: Share): boolean {
  const { reserved, maxInstances } = target.settings.pool
  return share.requests === 0 && maxInstances !== null && reserved !== 0
}

function throttledOver(pool: VersionPool): FailedOutcome {
  const { reserved } = pool.target.settings.pool
  const message = `The function has ${reserved} requests running, pool.reserved allows no more`
  return { kind: 'throttled', message }
}

/** The shares of a worker that is the only one: it may have all there is. */
export const soleShares: Shares = {
  of: (_functionName, { reserved, maxInstances }) => ({
    requests: reserved ?? Number.POSITIVE_INFINITY,
    instances: maxInstances ?? Number.POSITIVE_INFINITY,
  }),
  askMore: () => false,
}
