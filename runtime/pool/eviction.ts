import type { FunctionPool } from './function-pool.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { Resident, Residents } from './residents.ts'

/** Of one sweep: each takes some 0.1 ms of the thread, and none is in a hurry. */
const maxIdleDrops = 100

/** Lets instances go that nobody needs, or that there is no memory for. */
export class Eviction {
  readonly #residents: Residents
  readonly #budget: MemoryBudget

  constructor(residents: Residents, budget: MemoryBudget) {
    this.#residents = residents
    this.#budget = budget
  }

  /** What is to be done about every second. */
  sweep(nowMs: number): void {
    for (const one of [...this.#residents.all]) {
      one.instance.measureHeap()
      this.#residents.refresh(one)
    }
    this.#dropIdle(nowMs)
    this.#budget.look()
    this.#reclaim()
  }

  /** A function may have only so many instances from now on: the least recently used go, provisioned ones last. */
  shrink(owner: FunctionPool, most: number): void {
    let surplus = owner.places - owner.leaving - most
    for (const one of surplus > 0 ? this.#inOrder(({ pool }) => pool.function === owner) : []) {
      if (surplus-- <= 0) return
      this.#residents.retire(one, 'capacity')
    }
  }

  #dropIdle(nowMs: number): void {
    let left = maxIdleDrops
    for (const one of [...this.#residents.all]) {
      const { instance, pool } = one
      if (left === 0) return
      if (!instance.isIdle || one.leaves !== null || pool.needsAll) continue
      const idleMs = nowMs - instance.lastUsedAtMs
      if (idleMs < pool.target.settings.pool.idleTimeoutMs) continue
      this.#residents.drop(one, 'idle')
      left--
    }
  }

  /**
   * Over the budget: idle ones go, then busy ones finish and go, then provisioned ones. One stays however large it is: the
   * next of its version would be no smaller.
   */
  #reclaim(): void {
    const residents = this.#residents
    if (this.#budget.excessMiB <= 0) return
    let excessMiB = this.#budget.excessMiB
    for (const { leaves, memoryMiB } of residents.all) if (leaves !== null) excessMiB -= memoryMiB
    if (excessMiB <= 0) return
    for (const one of this.#inOrder(() => true)) {
      if (excessMiB <= 0 || residents.size - residents.leaving <= 1) return
      excessMiB -= one.memoryMiB
      residents.retire(one, 'memory')
    }
  }

  /** Those that may still go, in the order in which they should. Asks anew before each, for who goes changes who is next. */
  *#inOrder(isMeant: (one: Resident) => boolean): Iterable<Resident> {
    const meant = this.#residents.all
      .filter((one) => one.leaves === null && isMeant(one))
      .sort((a, b) => a.instance.lastUsedAtMs - b.instance.lastUsedAtMs)
    for (const isProvisioned of [false, true]) {
      for (const isIdle of [true, false]) {
        for (const one of meant) {
          if (one.leaves !== null || one.instance.isIdle !== isIdle) continue
          if (isProvisioned || !one.pool.needsAll) yield one
        }
      }
    }
  }
}
