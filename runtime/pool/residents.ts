import type { Instance } from '../isolate/instance/instance.ts'
import { type EvictionReason, noEvictions } from '../observe/metrics.ts'
import type { FunctionPool } from './function-pool.ts'
import type { InstanceStatus } from './status.ts'
import type { VersionPool } from './version-pool.ts'

/**
 * What an instance takes besides what its heap statistics count, in MiB: V8's own structures, pages that are partly used,
 * the host's side. 1.6 MiB of resident memory were measured for a hello, of which its statistics count about 0.9.
 */
const baseMiB = 0.7
/** What one is taken for before it was measured, and none of its version was, in MiB: a hello. Isolates that wait take as much. */
export const usualMiB = baseMiB + 0.9
/** Share of `limits.memoryMiB` above which an instance is replaced: the next request might not fit any more. */
const maxHeapShare = 0.8
/**
 * The same for a version whose instances are all over that from the beginning. Statistics count garbage that V8 has not
 * collected: what a request leaves behind, so that the next instance would be no smaller, and each request a cold start.
 */
const maxUsualHeapShare = 0.95
/** So many instances of a version in a row are replaced before that is believed. */
const maxEarlyReplacements = 2
/** One that has begun fewer requests than this, or is younger, is at its beginning. */
const earlyInvocations = 10
const earlyMs = 1000

/** An instance, and what the pool knows of it. */
export interface Resident {
  readonly instance: Instance
  readonly pool: VersionPool
  /** Its place in the list of all. */
  index: number
  heapMiB: number
  /** Estimated, with everything. */
  memoryMiB: number
  /** When it could take its first request; who came earlier had to wait for that. */
  readyAtMs: number
  /** Why it takes no more requests; null = it does. */
  leaves: EvictionReason | null
  /** It was dropped, and its place is free as soon as its `shutdown` is over. */
  isDropped: boolean
}

/** All instances of a worker. Disposes what it drops. */
export class Residents {
  readonly evictions: Record<EvictionReason, number> = { ...noEvictions }
  /** What all are estimated to take, in MiB. */
  memoryMiB = 0
  /** Those that take no more requests. */
  leaving = 0
  #made = 0
  readonly #nowMs: () => number
  readonly #onFreed: (owner: FunctionPool) => void
  /** An array, for with ephemeral functions each request adds and removes one (see `isolate/pending-table.ts`). */
  readonly #all: Resident[] = []
  readonly #byInstance = new WeakMap<Instance, Resident>()

  /** `onFreed` is told of each place that became free, and whose it was. */
  constructor(nowMs: () => number, onFreed: (owner: FunctionPool) => void) {
    this.#nowMs = nowMs
    this.#onFreed = onFreed
  }

  get size(): number {
    return this.#all.length
  }

  /** In no order. Not to be added to or removed from meanwhile. */
  get all(): readonly Resident[] {
    return this.#all
  }

  /** What another instance of a version will take, in MiB, as far as one can know. */
  expectedMiB(pool: VersionPool): number {
    return pool.lastMemoryMiB > 0 ? pool.lastMemoryMiB : usualMiB
  }

  add(instance: Instance, pool: VersionPool): void {
    const memoryMiB = this.expectedMiB(pool)
    const resident: Resident = {
      instance,
      pool,
      index: this.#all.length,
      heapMiB: 0,
      memoryMiB,
      readyAtMs: instance.state === 'resident' ? this.#nowMs() : Number.POSITIVE_INFINITY,
      leaves: null,
      isDropped: false,
    }
    this.#all.push(resident)
    this.#byInstance.set(instance, resident)
    pool.instances.push(instance)
    pool.function.places++
    pool.function.placedAt = ++this.#made
    this.#charge(pool.function, memoryMiB)
  }

  /** Undefined for one that is gone. */
  of(instance: Instance): Resident | undefined {
    return this.#byInstance.get(instance)
  }

  /** Takes notice of what became of an instance: what its heap holds, whether it is ready, or has retired of itself. */
  refresh(resident: Resident): void {
    const { instance } = resident
    if (resident.isDropped) return
    if (instance.heapMiB !== resident.heapMiB) this.#weigh(resident)
    const { state } = instance
    if (state === 'retiring') this.retire(resident, 'retired')
    else if (state === 'resident' && resident.readyAtMs === Number.POSITIVE_INFINITY)
      resident.readyAtMs = this.#nowMs()
  }

  /** Lets it finish what it has, and go then; at once if it has nothing. The first reason counts. */
  retire(resident: Resident, reason: EvictionReason): void {
    if (resident.leaves === null) {
      this.#leave(resident, reason)
      resident.instance.retire()
    }
    if (!resident.instance.isWanted) this.drop(resident, resident.leaves ?? reason)
  }

  /** Ends it. What runs in it settles as `interrupted`. */
  drop(resident: Resident, reason: EvictionReason): void {
    if (resident.isDropped) return
    if (resident.leaves === null) this.#leave(resident, reason)
    resident.isDropped = true
    this.evictions[reason]++
    resident.instance.shutDown(() => this.#free(resident))
  }

  /** Disposes it at once, without its `shutdown`: the worker ends. */
  end(resident: Resident): void {
    resident.instance.dispose()
    this.drop(resident, 'retired')
  }

  /** Least recently used first. */
  statuses(nowMs: number): InstanceStatus[] {
    const ordered = [...this.#all].sort((a, b) => a.instance.lastUsedAtMs - b.instance.lastUsedAtMs)
    return ordered.map(({ instance, pool: { target }, memoryMiB, leaves }) => ({
      functionName: target.functionName,
      version: String(target.label),
      ageMs: Math.round(nowMs - instance.createdAtMs),
      idleMs: instance.isIdle ? Math.round(nowMs - instance.lastUsedAtMs) : 0,
      inFlight: instance.inFlight,
      invocations: instance.invocations,
      heapMiB: hundredths(instance.heapMiB),
      memoryMiB: hundredths(memoryMiB),
      state: leaves !== null ? 'retiring' : instance.state === 'initialising' ? 'initialising' : 'resident',
      leaves,
    }))
  }

  #weigh(resident: Resident): void {
    const { instance, pool } = resident
    const { heapMiB } = instance
    const memoryMiB = baseMiB + heapMiB
    this.#charge(pool.function, memoryMiB - resident.memoryMiB)
    resident.heapMiB = heapMiB
    resident.memoryMiB = pool.lastMemoryMiB = memoryMiB
    this.#judgeHeap(resident)
  }

  #judgeHeap(resident: Resident): void {
    const { instance, pool, heapMiB } = resident
    const isUsual = pool.earlyReplacements >= maxEarlyReplacements
    const share = heapMiB / instance.manifest.limits.memoryMiB
    if (resident.leaves !== null || share <= (isUsual ? maxUsualHeapShare : maxHeapShare)) return
    const ageMs = this.#nowMs() - instance.createdAtMs
    const isEarly = instance.invocations < earlyInvocations || ageMs < earlyMs
    if (isUsual && isEarly) return
    if (!isUsual) pool.earlyReplacements = isEarly ? pool.earlyReplacements + 1 : 0
    this.retire(resident, 'heap')
  }

  #leave(resident: Resident, reason: EvictionReason): void {
    const { instance, pool } = resident
    resident.leaves = reason
    this.leaving++
    pool.function.leaving++
    const index = pool.instances.indexOf(instance)
    if (index !== -1) pool.instances.splice(index, 1)
    pool.leaving.push(instance)
  }

  #free(resident: Resident): void {
    const { instance, pool, index } = resident
    const last = this.#all.pop()!
    if (last !== resident) {
      this.#all[index] = last
      last.index = index
    }
    this.#byInstance.delete(instance)
    pool.leaving.splice(pool.leaving.indexOf(instance), 1)
    this.leaving--
    pool.function.leaving--
    pool.function.places--
    this.#charge(pool.function, -resident.memoryMiB)
    this.#onFreed(pool.function)
  }

  #charge(owner: FunctionPool, memoryMiB: number): void {
    this.memoryMiB += memoryMiB
    owner.memoryMiB += memoryMiB
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
