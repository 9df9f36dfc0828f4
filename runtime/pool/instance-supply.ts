import type { Instance } from '../isolate/instance.ts'
import type { InstanceContext } from '../isolate/instance-context.ts'
import { loadInstance } from '../isolate/load-instance.ts'
import type { Outcome } from '../model/outcome.ts'
import type { VersionManifest } from '../model/version.ts'
import type { PrewarmPool } from './prewarm-pool.ts'
import type { Residents } from './residents.ts'
import { overrunRestMs, type VersionPool } from './version-pool.ts'

export interface SupplyOptions {
  readonly nowMs: () => number
  /** Resident memory of this process in MiB. */
  readonly rssMiB: () => number
  readonly maxInstances: number
  readonly memoryBudgetMiB: number
  readonly readBundle: (manifest: VersionManifest) => string
  readonly onFault: (error: unknown) => void
}

/** What became of the wish for another instance; `no_room` = ask again when an instance is idle. */
export type Supplied =
  | { readonly kind: 'made'; readonly instance: Instance }
  | { readonly kind: 'no_room' }
  | { readonly kind: 'failed'; readonly outcome: Outcome }

/** Makes instances, and room for them. */
export class InstanceSupply {
  coldStarts = 0
  readonly #options: SupplyOptions
  readonly #residents: Residents
  readonly #prewarm: PrewarmPool
  readonly #context: InstanceContext

  constructor(
    options: SupplyOptions,
    parts: { residents: Residents; prewarm: PrewarmPool; context: InstanceContext },
  ) {
    this.#options = options
    this.#residents = parts.residents
    this.#prewarm = parts.prewarm
    this.#context = parts.context
  }

  /** One more instance of a version. */
  create(pool: VersionPool): Supplied {
    if (pool.failure !== null && this.#options.nowMs() < pool.failure.untilMs)
      return { kind: 'failed', outcome: pool.failure.outcome }
    if (!this.#hasRoom()) return { kind: 'no_room' }
    const { manifest, functionName, label } = pool.target
    try {
      const loaded = loadInstance(
        this.#prewarm.take(manifest.limits.memoryMiB),
        { manifest, functionName, version: String(label), bundle: this.#options.readBundle(manifest) },
        { batchSize: pool.batchSize, context: this.#context, target: () => pool.target },
      )
      if ('kind' in loaded) {
        if (loaded.kind === 'exceeded_cpu') {
          pool.failure = { outcome: loaded, untilMs: this.#options.nowMs() + overrunRestMs }
        }
        return { kind: 'failed', outcome: loaded }
      }
      this.coldStarts++
      this.#residents.add(loaded, pool)
      return { kind: 'made', instance: loaded }
    } catch (error) {
      this.#options.onFault(error)
      return { kind: 'failed', outcome: notCreated }
    }
  }

  #hasRoom(): boolean {
    const { maxInstances, memoryBudgetMiB, rssMiB } = this.#options
    if (this.#residents.size >= maxInstances) return this.#residents.dropLeastRecent()
    if (this.#residents.size === 0 || rssMiB() < memoryBudgetMiB) return true
    return this.#residents.dropLeastRecent()
  }
}

const notCreated: Outcome = { kind: 'internal_error', message: 'The instance could not be created' }
