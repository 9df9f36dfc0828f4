import { LRUCache } from 'lru-cache'
import type { Instance } from '../isolate/instance.ts'
import { type EvictionReason, noEvictions } from '../observe/metrics.ts'
import type { InstanceStatus } from './status.ts'
import type { VersionPool } from './version-pool.ts'

/** All instances of a worker, in the order of their last use. Disposes what it drops. */
export class Residents {
  readonly maxInstances: number
  readonly evictions: Record<EvictionReason, number> = { ...noEvictions }
  readonly #pools: LRUCache<Instance, VersionPool>

  constructor(maxInstances: number) {
    this.maxInstances = maxInstances
    this.#pools = new LRUCache({ max: maxInstances })
  }

  get size(): number {
    return this.#pools.size
  }

  add(instance: Instance, pool: VersionPool): void {
    this.#pools.set(instance, pool)
    pool.instances.push(instance)
  }

  /** The pool of an instance, which counts as used now. */
  touch(instance: Instance): VersionPool | undefined {
    return this.#pools.get(instance)
  }

  drop(instance: Instance, reason: EvictionReason): void {
    const pool = this.#pools.peek(instance)
    if (pool === undefined) return
    this.#pools.delete(instance)
    pool.remove(instance)
    this.evictions[reason]++
    instance.dispose()
  }

  /** Drops the least recently used instance that has nothing to do. False = all are busy. */
  dropLeastRecent(): boolean {
    for (const instance of this.#pools.rkeys()) {
      if (!instance.isIdle) continue
      this.drop(instance, 'capacity')
      return true
    }
    return false
  }

  /** Drops instances that had no request for their function's `pool.idleTimeoutMs`. */
  dropIdle(nowMs: number): void {
    for (const [instance, pool] of [...this.entries()]) {
      const idleMs = nowMs - instance.lastUsedAtMs
      if (instance.isIdle && idleMs >= pool.target.settings.pool.idleTimeoutMs) this.drop(instance, 'idle')
    }
  }

  /** Least recently used first. */
  statuses(nowMs: number): InstanceStatus[] {
    return [...this.entries()].map(([instance, { target }]) => ({
      functionName: target.functionName,
      version: String(target.label),
      ageMs: Math.round(nowMs - instance.createdAtMs),
      idleMs: instance.isIdle ? Math.round(nowMs - instance.lastUsedAtMs) : 0,
      inFlight: instance.inFlight,
      invocations: instance.invocations,
      heapMiB: Math.round(instance.heapMiB * 100) / 100,
      state: instance.state === 'resident' ? 'resident' : 'retiring',
    }))
  }

  /** Least recently used first. */
  *entries(): Iterable<[Instance, VersionPool]> {
    for (const instance of this.#pools.rkeys()) {
      const pool = this.#pools.peek(instance)
      if (pool !== undefined) yield [instance, pool]
    }
  }
}
