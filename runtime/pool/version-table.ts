import type { Target } from '../model/invocation.ts'
import { VersionPool } from './version-pool.ts'

/** The pools of all versions that a worker runs, or ran a moment ago. */
export class VersionTable {
  /** Targets are kept by the router for as long as their function is unchanged: the way of the hot path. */
  readonly #byTarget = new WeakMap<Target, VersionPool>()
  readonly #byKey = new Map<string, VersionPool>()
  readonly #byFunction = new Map<string, Set<VersionPool>>()

  /** The pool of a target's version, made if there is none yet. */
  of(target: Target): VersionPool {
    const known = this.#byTarget.get(target)
    if (known !== undefined && !known.isForgotten) return known
    const key = `${target.functionName}:${target.label}:${target.manifest.versionId}`
    let pool = this.#byKey.get(key)
    if (pool === undefined) {
      pool = new VersionPool(target)
      this.#byKey.set(key, pool)
      const siblings = this.#byFunction.get(target.functionName) ?? new Set()
      this.#byFunction.set(target.functionName, siblings.add(pool))
    }
    pool.target = target
    this.#byTarget.set(target, pool)
    return pool
  }

  values(): Iterable<VersionPool> {
    return this.#byKey.values()
  }

  ofFunction(functionName: string): Iterable<VersionPool> {
    return this.#byFunction.get(functionName) ?? []
  }

  /**
   * Drops versions that nobody runs any more; one that comes back only has to learn its batch size again.
   *
   * @returns the functions that have no version left.
   */
  forgetUnused(nowMs: number): readonly string[] {
    const gone: string[] = []
    for (const [key, pool] of this.#byKey) {
      if (pool.instances.length > 0 || pool.waiting.length > 0) continue
      if (pool.failure !== null && nowMs < pool.failure.untilMs) continue
      this.#byKey.delete(key)
      const siblings = this.#byFunction.get(pool.target.functionName)
      siblings?.delete(pool)
      if (siblings?.size === 0) {
        this.#byFunction.delete(pool.target.functionName)
        gone.push(pool.target.functionName)
      }
      pool.isForgotten = true
    }
    return gone
  }
}
