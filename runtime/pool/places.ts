import type { EvictionReason } from '../observe/metrics.ts'
import type { Admission } from './admission.ts'
import type { FunctionPool } from './function-pool.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { Resident, Residents } from './residents.ts'
import type { VersionPool } from './version-pool.ts'

/** One that was asked to go may take this long, before another one is asked. */
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
  /** Those that were told that a place is free, and have not taken it yet: nobody else may. */
  readonly #called = new Set<VersionPool>()

  constructor(parts: PlacesParts) {
    this.#parts = parts
  }

  /**
   * Whether another instance of a version may be made now. If not, it is to be asked for again when `next` names the
   * version, or anything of its function goes.
   */
  makeRoom(pool: VersionPool): boolean {
    if (this.#starved.has(pool)) return false
    this.#called.delete(pool)
    if (!this.#makeRoomInFunction(pool)) return false
    if (!this.#makeRoomInWorker(pool)) {
      // Who makes instances for nobody yet does not stand in anybody's way.
      if (pool.waiting.length > 0) this.#starved.add(pool)
      return false
    }
    pool.claim = null
    return true
  }

  /** A version makes no instance now, though there may be a place for one. */
  decline(pool: VersionPool): void {
    this.#called.delete(pool)
    this.#starved.delete(pool)
  }

  /** The version that should have what just became free; null = nobody waits for a place. */
  next(): VersionPool | null {
    let next: VersionPool | null = null
    for (const pool of this.#starved) {
      if (pool.waiting.length === 0) this.#starved.delete(pool)
      else if (next === null || isPoorer(pool.function, next.function)) next = pool
    }
    if (next === null) return null
    this.#starved.delete(next)
    this.#called.add(next)
    return next
  }

  /** Whether `pool.maxInstances` allows one more, and no sibling has a better claim to it. */
  #makeRoomInFunction(pool: VersionPool): boolean {
    const { admission } = this.#parts
    const owner = pool.function
    const most = admission.instancesOf(pool)
    if (most === null) return false
    if (owner.places < most) return owner.places + 1 < most || !hasPoorerSibling(pool)
    admission.askInstances(pool)
    if (owner.versions.size === 1) return false
    return this.#give(pool, 'capacity', (one) => one.pool.function === owner && one.pool !== pool) > 0
  }

  #makeRoomInWorker(pool: VersionPool): boolean {
    const { residents, budget, maxInstances } = this.#parts
    for (const called of this.#called) if (called.waiting.length === 0) this.#called.delete(called)
    const placesLeft = maxInstances - this.#called.size
    const neededMiB = residents.expectedMiB(pool)
    // Over the budget as many MiB go as come: memory of those that went is used again by those that come.
    let missingMiB = residents.size === 0 || budget.hasRoomFor(neededMiB) ? 0 : neededMiB
    while (residents.size >= placesLeft || missingMiB > 0) {
      const reason = residents.size >= placesLeft ? 'capacity' : 'memory'
      const freedMiB = this.#give(pool, reason, () => true)
      if (freedMiB === 0) return false
      missingMiB -= freedMiB
    }
    return true
  }

  /** Has one of those that may be asked give its place up. @returns what is free now, in MiB. */
  #give(pool: VersionPool, reason: EvictionReason, mayBeAsked: (one: Resident) => boolean): number {
    const { residents, nowMs } = this.#parts
    const { claim } = pool
    const isUnderWay =
      claim !== null && residents.of(claim.on.instance) !== undefined && nowMs() - claim.atMs < claimMs
    // It runs its `shutdown`: the place is free in a moment.
    if (isUnderWay && claim.on.isDropped) return 0
    const giver = this.#idle(mayBeAsked) ?? (isUnderWay ? null : this.#busy(pool, reason, mayBeAsked))
    if (giver === null) return 0
    residents.retire(giver, reason)
    if (residents.of(giver.instance) === undefined) return giver.memoryMiB
    pool.claim = { on: giver, atMs: nowMs() }
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

/** Of those that hold as many, the one that has got none for longest is next. */
function isPoorer(one: FunctionPool, other: FunctionPool): boolean {
  return one.places === other.places ? one.placedAt < other.placedAt : one.places < other.places
}

function hasPoorerSibling(pool: VersionPool): boolean {
  for (const other of pool.function.versions) {
    if (other.waiting.length > 0 && other.instances.length < pool.instances.length) return true
  }
  return false
}

/** Those that are about to go are given up already. */
function livePlaces({ function: owner }: VersionPool): number {
  return owner.places - owner.leaving
}
