import type { CallFinder } from './call-finder.ts'
import type { FunctionQueue } from './function-queue.ts'
import { type HeldCall, Leases } from './leases.ts'
import type { LogBatch } from './log-batch.ts'
import type { Lease } from './retry-log.ts'
import type { TakenCall, WaitingCalls } from './waiting-calls.ts'

export interface ClaimWish {
  readonly limit: number
  readonly leaseMs: (functionName: string) => number
  readonly isWanted: (functionName: string) => boolean
}

/** Of calls that are claimed together, for all of them are in memory at once; one by itself may be more. */
const maxClaimBytes = 8 * 1024 * 1024

/** Who may have which call next, and who has which. */
export class CallClaims {
  readonly leases = new Leases()
  readonly #waiting: WaitingCalls
  readonly #finder: CallFinder
  /** Whose turn it was last. */
  #lastName = ''

  constructor(waiting: WaitingCalls, finder: CallFinder) {
    this.#waiting = waiting
    this.#finder = finder
  }

  /** Takes calls in the batch; they are free again if it fails. */
  claim(batch: LogBatch, wish: ClaimWish): HeldCall[] {
    this.freeEnded(batch.nowMs)
    const held: HeldCall[] = []
    try {
      this.#claimInTurn(batch.nowMs, wish, held)
    } catch (error) {
      for (const one of held) this.#return(one)
      throw error
    }
    for (const segment of new Set(held.map((one) => one.segment))) batch.touch(segment)
    batch.whenFailed(() => {
      for (const one of held) this.#return(one)
    })
    return held
  }

  #claimInTurn(nowMs: number, wish: ClaimWish, held: HeldCall[]): void {
    let queues = this.#inTurn(nowMs)
    const budget = { bytes: 0 }
    while (queues.length > 0 && held.length < wish.limit) {
      // As many of each as there are places for all of them: one by one would read its first segment again for each.
      const share = Math.max(1, Math.floor((wish.limit - held.length) / queues.length))
      queues = queues.filter((queue) => {
        const max = Math.min(share, wish.limit - held.length)
        if (max === 0) return false
        const taken = this.#take(queue, max, nowMs, wish.isWanted, budget)
        for (const one of taken) held.push(this.leases.give(one, nowMs + wish.leaseMs(queue.functionName)))
        if (taken.length > 0) this.#lastName = queue.functionName
        return taken.length === max
      })
    }
  }

  /** The call of a lease that is good, which it is not any more unless the batch fails; null = it is not. */
  use(batch: LogBatch, lease: Lease): HeldCall | null {
    const held = this.leases.find(lease, batch.nowMs)
    if (held === null) return null
    held.isSettling = true
    batch.whenDone(() => this.#settle(held))
    batch.whenFailed(() => {
      held.isSettling = false
      if (this.#hasGoneOn(held)) this.#settle(held)
    })
    return held
  }

  /** Calls whose leases have ended can be claimed again. */
  freeEnded(nowMs: number): void {
    for (const held of this.leases.takeEnded(nowMs)) this.#waiting.giveBack(held)
  }

  #inTurn(nowMs: number): FunctionQueue[] {
    const due = [...this.#waiting.queues].filter((queue) => {
      const dueMs = queue.isPaused ? null : this.#waiting.nextDueMs(queue)
      return dueMs !== null && dueMs <= nowMs
    })
    const last = due.findIndex(({ functionName }) => functionName === this.#lastName)
    return [...due.slice(last + 1), ...due.slice(0, last + 1)]
  }

  #take(
    queue: FunctionQueue,
    max: number,
    nowMs: number,
    isWanted: ClaimWish['isWanted'],
    budget: { bytes: number },
  ): TakenCall[] {
    return this.#waiting.take(queue, max, nowMs, (id, bytes) => {
      // It was moved by a commit that is on disk, and of which this process has not heard yet.
      if (this.leases.get(id) !== null) return 'skip'
      if (budget.bytes > 0 && budget.bytes + bytes > maxClaimBytes) return 'stop'
      if (!isWanted(queue.functionName)) return 'stop'
      budget.bytes += bytes
      return 'yes'
    })
  }

  #return(held: HeldCall): void {
    this.leases.drop(held)
    this.#waiting.untake(held)
  }

  #settle(held: HeldCall): void {
    this.leases.drop(held)
    this.#waiting.settle(held)
  }

  #hasGoneOn({ call, segment }: HeldCall): boolean {
    return !this.#finder.hasSegment(segment.key) || this.#finder.isStale(call.id, segment.key)
  }
}
