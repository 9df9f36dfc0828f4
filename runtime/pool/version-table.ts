import type { Target } from '../model/invocation.ts'
import { FunctionPool } from './function-pool.ts'
import { VersionPool } from './version-pool.ts'

/** The pools of all functions and versions that a worker runs, or ran a moment ago. */
export class VersionTable {
  /** Targets are kept by the router for as long as their function is unchanged: the way of the hot path. */
  readonly #byTarget = new WeakMap<Target, VersionPool>()
  readonly #byKey = new Map<string, VersionPool>()
  readonly #functions = new Map<string, FunctionPool>()

  /** The pool of a target's version, made if there is none yet. */
  of(target: Target): VersionPool {
    const known = this.#byTarget.get(target)
    if (known !== undefined && !known.isForgotten) return known
    const key = `${target.functionName}:${target.label}:${target.manifest.versionId}`
    let pool = this.#byKey.get(key)
    if (pool === undefined) {
      let owner = this.#functions.get(target.functionName)
      if (owner === undefined) {
        owner = new FunctionPool(target.functionName)
        this.#functions.set(target.functionName, owner)
      }
      pool = new VersionPool(target, owner)
      this.#byKey.set(key, pool)
      owner.versions.add(pool)
    }
    pool.target = target
    this.#byTarget.set(target, pool)
    return pool
  }

  functions(): Iterable<FunctionPool> {
    return this.#functions.values()
  }

  functionOf(name: string): FunctionPool | undefined {
    return this.#functions.get(name)
  }

  /**
   * Drops versions that nobody runs any more; one that comes back only has to learn its batch size again.
   *
   * @returns the functions that have no version left.
   */
  forgetUnused(nowMs: number): readonly string[] {
    const gone: string[] = []
    for (const [key, pool] of this.#byKey) {
      if (!pool.isEmpty || pool.provisioned > 0 || pool.function.unadmitted.length > 0) continue
      if (pool.restsFor(nowMs) !== null) continue
      this.#byKey.delete(key)
      pool.isForgotten = true
      const owner = pool.function
      owner.versions.delete(pool)
      if (owner.versions.size > 0) continue
      this.#functions.delete(owner.name)
      gone.push(owner.name)
    }
    return gone
  }
}
