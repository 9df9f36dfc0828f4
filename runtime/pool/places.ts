import type { EvictionReason } from '../observe/metrics.ts'
import type { Admission } from './admission.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { Resident, Residents } from './residents.ts'
import type { VersionPool } from './version-pool.ts'

/** What a version gave others' instances up for may take this long to go, before another one is asked. */
const claimMs = 1000

export interface PlacesParts {
  readonly nowMs: () => number
  /** V8 ends the process at about 4 090 isolates. */
  readonly maxInstances: number
  readonly residents: Residents
  readonly budget: MemoryBudget
  readonly admission: Admission
}

/**
 * The places that a worker has for instances, and which functions get them once all are taken.
 *
 * What is idle goes first, least recently used first. If nothing is, a function that holds more than another would have
 * with one more gives one up: that instance finishes what it has, and does not serve its own function's line again. So
 * functions that have always more to do than they get end up with equal parts. A function that has no place at all takes
 * turns with the others.
 */
export class Places {
  readonly #parts: PlacesParts
  /** Versions that found no place, in order: they try again when one is free. */
  readonly #starved = new Set<VersionPool>()

  constructor(parts: PlacesParts) {
    this.#parts = parts
  }

  /**
   * Whether another instance of a version may be made now. If not, it is to be asked for again when `next` names the
   * version, or anything of its function goes.
   */
  makeRoom(pool: VersionPool): boolean {
    if (this.#starved.has(pool)) return false
    const { admission } = this.#parts
    const most = admission.instancesOf(pool)
    if (most === null) return false
    if (pool.function.places >= most) {
      admission.askInstances(pool)
      if (!this.#give(pool, 'capacity', (one) => one.pool.function === pool.function && one.pool !== pool))
        return false
    }
    if (!this.#makeRoomInWorker(pool)) {
      this.#starved.add(pool)
      return false
    }
    pool.claimedAtMs = Number.NEGATIVE_INFINITY
    return true
  }

  /** The version that should have what just became free; null = nobody waits for a place. */
  next(): VersionPool | null {
    let next: VersionPool | null = null
    for (const pool of this.#starved) {
      if (pool.waiting.length === 0) this.#starved.delete(pool)
      else if (next === null || pool.function.places < next.function.places) next = pool
    }
    if (next !== null) this.#starved.delete(next)
    return next
  }

  #makeRoomInWorker(pool: VersionPool): boolean {
    const { residents, budget, maxInstances } = this.#parts
    if (residents.size === 0) return true
    const neededMiB = residents.expectedMiB(pool)
    // Over the budget as many MiB go as come: memory of those that went is used again by those that come.
    let missingMiB = budget.hasRoomFor(neededMiB) ? 0 : neededMiB
    while (residents.size >= maxInstances || missingMiB > 0) {
      const reason = residents.size >= maxInstances ? 'capacity' : 'memory'
      const freedMiB = this.#give(pool, reason, () => true)
      if (freedMiB === 0) return false
      missingMiB -= freedMiB
    }
    return true
  }

  /** Has one of those that may be asked give its place up. @returns what is free now, in MiB. */
  #give(pool: VersionPool, reason: EvictionReason, mayBeAsked: (one: Resident) => boolean): number {
    const { residents, nowMs } = this.#parts
    // What was asked before is on its way.
    if (nowMs() - pool.claimedAtMs < claimMs) return 0
    const giver = this.#idle(mayBeAsked) ?? this.#busy(pool, reason, mayBeAsked)
    if (giver === null) return 0
    residents.retire(giver, reason)
    if (residents.of(giver.instance) === undefined) return giver.memoryMiB
    pool.claimedAtMs = nowMs()
    return 0
  }

  #idle(mayBeAsked: (one: Resident) => boolean): Resident | null {
    let oldest: Resident | null = null
    for (const one of this.#parts.residents.all) {
      if (!one.instance.isIdle || one.leaves !== null || one.pool.needsAll || !mayBeAsked(one)) continue
      if (oldest === null || one.instance.lastUsedAtMs < oldest.instance.lastUsedAtMs) oldest = one
    }
    return oldest
  }

  /** Of those that hold most, the one that was made first; one that is provisioned only if there is no other. */
  #busy(pool: VersionPool, reason: EvictionReason, mayBeAsked: (one: Resident) => boolean): Resident | null {
    const { residents } = this.#parts
    const isWithinFunction = reason === 'capacity' && residents.size < this.#parts.maxInstances
    const held = (of: VersionPool) =>
      isWithinFunction ? of.instances.length : reason === 'memory' ? of.function.memoryMiB : livePlaces(of)
    const own = held(pool)
    const gain = reason === 'memory' ? residents.expectedMiB(pool) : 1
    const hasNone = isWithinFunction ? pool.instances.length === 0 : pool.function.places === 0
    let giver: Resident | null = null
    for (const one of residents.all) {
      if (one.leaves !== null || one.pool === pool || !mayBeAsked(one)) continue
      const isMore = held(one.pool) > own + gain
      if (!isMore && !hasNone) continue
      if (giver === null || isBetter(one, giver, held)) giver = one
    }
    return giver
  }
}

function isBetter(one: Resident, other: Resident, held: (of: VersionPool) => number): boolean {
  if (one.pool.needsAll !== other.pool.needsAll) return other.pool.needsAll
  const difference = held(one.pool) - held(other.pool)
  return difference === 0 ? one.instance.createdAtMs < other.instance.createdAtMs : difference > 0
}

/** Those that are about to go are given up already. */
function livePlaces({ function: owner }: VersionPool): number {
  return owner.places - owner.leaving
}
