import { BatchSize } from '../isolate/instance/batch-size.ts'
import type { Instance } from '../isolate/instance/instance.ts'
import type { Target } from '../model/invocation.ts'
import type { Outcome } from '../model/outcome.ts'
import type { FunctionPool } from './function-pool.ts'
import type { Resident } from './residents.ts'
import type { Waiting } from './waiting-line.ts'

/** What overran held the thread, or a place, for all the time it may: not again at once. */
const overrunRestMs = 5000
/** After an instance that came to nothing no more is made for so long, where others of its version serve. */
const growthRestMs = 1000

/** The instances of one version of one function, and the invocations that wait for one. */
export class VersionPool {
  readonly function: FunctionPool
  readonly batchSize = new BatchSize()
  /** Those that take requests, now or once they are initialised. */
  readonly instances: Instance[] = []
  /** Those that finish what they have. */
  readonly leaving: Instance[] = []
  readonly waiting: Waiting[] = []
  /** Instances that stay although they are idle. */
  provisioned = 0
  /** What its last instance that was measured took, in MiB; 0 = none was. */
  lastMemoryMiB = 0
  /** Instances in a row that were replaced for what their heap held soon after they were made. */
  earlyReplacements = 0
  /** The instance that was last asked to make room for one of its own. */
  claim: { readonly on: Resident; readonly atMs: number } | null = null
  /** Whether the pool was noted as having something to hand out. */
  isNoted = false
  /** Dropped after its last instance went; a new one takes its place. */
  isForgotten = false
  /** What the last instance came to that was not made, or failed to initialise. */
  failure: { readonly outcome: Outcome; readonly atMs: number } | null = null
  #target: Target
  #concurrency = 1
  #maxInvocations = Number.POSITIVE_INFINITY
  #isCapped = false

  constructor(target: Target, owner: FunctionPool) {
    this.function = owner
    this.#target = target
    this.target = target
  }

  get target(): Target {
    return this.#target
  }

  /** Replaced when the function's settings change; label and version stay. */
  set target(target: Target) {
    const { model, concurrency, maxInvocationsPerInstance, reserved, maxInstances } = target.settings.pool
    this.#target = target
    this.#concurrency = model === 'ephemeral' ? 1 : concurrency
    this.#maxInvocations = model === 'ephemeral' ? 1 : (maxInvocationsPerInstance ?? Number.POSITIVE_INFINITY)
    this.#isCapped = reserved !== null || maxInstances !== null
  }

  /** Requests at once in one instance. */
  get concurrency(): number {
    return this.#concurrency
  }

  /** An instance that has begun so many takes no more. */
  get maxInvocations(): number {
    return this.#maxInvocations
  }

  /** Whether a number over all workers bounds the function. */
  get isCapped(): boolean {
    return this.#isCapped
  }

  get isEmpty(): boolean {
    return this.instances.length === 0 && this.leaving.length === 0 && this.waiting.length === 0
  }

  /** Whether it has no more instances than are to be kept ready. */
  get needsAll(): boolean {
    return this.instances.length <= this.provisioned
  }

  /** Why no instance is made now; null = one may be. */
  restsFor(nowMs: number): Outcome | null {
    if (this.failure === null) return null
    const { outcome, atMs } = this.failure
    const hasOverrun = outcome.kind === 'exceeded_cpu' || outcome.kind === 'exceeded_wall_time'
    const restMs = hasOverrun ? overrunRestMs : this.isServing ? growthRestMs : 0
    return nowMs < atMs + restMs ? outcome : null
  }

  /** For how many those will have room that run their `init`. */
  get coming(): number {
    let coming = 0
    for (const { state } of this.instances) if (state === 'initialising') coming += this.#concurrency
    return coming
  }

  /** Whether an instance takes requests, now or as soon as others have ended. */
  get isServing(): boolean {
    return this.instances.some(({ state }) => state === 'resident')
  }

  /** An instance that may take one more request. */
  findRoom(): Instance | undefined {
    for (const instance of this.instances) {
      if (instance.state === 'resident' && instance.inFlight < this.#concurrency) return instance
    }
    return undefined
  }
}
