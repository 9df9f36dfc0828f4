import type { Instance } from '../isolate/instance/instance.ts'
import type { Invocation } from '../model/invocation.ts'
import type { Outcome } from '../model/outcome.ts'
import { Lane } from './turn.ts'
import type { VersionPool } from './version-pool.ts'
import type { Waiting } from './waiting-line.ts'

/** What a function may have ready for a turn. */
export type Work =
  | { readonly kind: 'entry'; readonly instance: Instance }
  | { readonly kind: 'waiting'; readonly pool: VersionPool }
  | { readonly kind: 'settle'; readonly invocation: Invocation; readonly outcome: Outcome }

/** What all versions of one function have together in this worker: that is what is held against others' share. */
export class FunctionPool {
  readonly name: string
  readonly lane = new Lane<Work>()
  readonly versions = new Set<VersionPool>()
  /** Invocations that wait until this worker's share of the function is known, or larger. */
  readonly unadmitted: Waiting[] = []
  /** Invocations that wait for an instance, over all versions. */
  waiting = 0
  /** Instances that hold a place, those that are about to go included. */
  places = 0
  /** Of these, those that take no more requests: their places will be free soon. */
  leaving = 0
  /** Which one its last instance was, of all that this worker has made. */
  placedAt = 0
  /** What its instances are estimated to take, in MiB. */
  memoryMiB = 0

  constructor(name: string) {
    this.name = name
  }

  /** Of its instances, those that are to stay ready. */
  get kept(): number {
    let count = 0
    for (const { instances, provisioned } of this.versions) count += Math.min(instances.length, provisioned)
    return count
  }

  /** Requests that run or wait for an instance. Counted anew with each call: asked only for functions with a cap. */
  get inFlight(): number {
    let count = this.waiting
    for (const pool of this.versions) {
      for (const instance of pool.instances) count += instance.inFlight
      for (const instance of pool.leaving) count += instance.inFlight
    }
    return count
  }
}
