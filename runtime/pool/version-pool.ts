import { BatchSize } from '../isolate/batch-size.ts'
import type { Instance } from '../isolate/instance.ts'
import type { Target } from '../model/invocation.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Waiting } from './waiting-line.ts'

/** A module that overran its evaluation held the thread for a second: not again at once. */
export const overrunRestMs = 5000

/** The instances of one version of one function, and the invocations that wait for one. */
export class VersionPool {
  /** Replaced when the function's settings change; label and version stay. */
  target: Target
  readonly batchSize = new BatchSize()
  readonly instances: Instance[] = []
  readonly waiting: Waiting[] = []
  /** Whether the pool was noted as having something to hand out. */
  isNoted = false
  /** Dropped after its last instance went; a new one takes its place. */
  isForgotten = false
  /** Its module took all the time it may have; until then nobody tries again. */
  failure: { readonly outcome: Outcome; readonly untilMs: number } | null = null

  constructor(target: Target) {
    this.target = target
  }

  get inFlight(): number {
    let count = this.waiting.length
    for (const instance of this.instances) count += instance.inFlight
    return count
  }

  /** A resident instance that may take one more request. */
  findRoom(concurrency: number): Instance | undefined {
    for (const instance of this.instances) {
      if (instance.state === 'resident' && instance.inFlight < concurrency) return instance
    }
    return undefined
  }

  remove(instance: Instance): void {
    const index = this.instances.indexOf(instance)
    if (index !== -1) this.instances.splice(index, 1)
  }
}
