import type { Instance } from '../isolate/instance/instance.ts'
import type { InstanceContext } from '../isolate/instance/instance-context.ts'
import { type FunctionScript, loadInstance } from '../isolate/instance/load-instance.ts'
import type { LayerAccess } from '../isolate/layers/layer-script.ts'
import type { Outcome } from '../model/outcome.ts'
import type { VersionManifest } from '../model/version.ts'
import type { Places } from './places.ts'
import { type PrewarmPool, prewarmWant } from './prewarm-pool.ts'
import type { Residents } from './residents.ts'
import type { VersionPool } from './version-pool.ts'

export interface SupplyOptions {
  readonly nowMs: () => number
  readonly readBundle: (manifest: VersionManifest) => FunctionScript
  readonly layersOf: (manifest: VersionManifest) => LayerAccess | null
  readonly onFault: (error: unknown) => void
}

/** What became of the wish for another instance; for `no_room` see `Places.makeRoom`. */
export type Supplied =
  | { readonly kind: 'made'; readonly instance: Instance }
  | { readonly kind: 'no_room' }
  | { readonly kind: 'failed'; readonly outcome: Outcome }

/** Makes instances. */
export class InstanceSupply {
  readonly #options: SupplyOptions
  readonly #places: Places
  readonly #residents: Residents
  readonly #prewarm: PrewarmPool
  readonly #context: InstanceContext

  constructor(
    options: SupplyOptions,
    parts: { places: Places; residents: Residents; prewarm: PrewarmPool; context: InstanceContext },
  ) {
    this.#options = options
    this.#places = parts.places
    this.#residents = parts.residents
    this.#prewarm = parts.prewarm
    this.#context = parts.context
  }

  /** One more instance of a version. */
  create(pool: VersionPool): Supplied {
    const outcome = pool.restsFor(this.#options.nowMs())
    if (outcome !== null) {
      this.#places.decline(pool)
      return { kind: 'failed', outcome }
    }
    if (!this.#places.makeRoom(pool)) return { kind: 'no_room' }
    const { manifest, functionName, label } = pool.target
    try {
      const script = this.#options.readBundle(manifest)
      const layers = this.#options.layersOf(manifest)
      const loaded = loadInstance(
        this.#prewarm.take(prewarmWant(manifest, layers)),
        { manifest, functionName, version: String(label), script, layers },
        { batchSize: pool.batchSize, context: this.#context, target: () => pool.target },
      )
      if ('kind' in loaded) {
        this.noteFailure(pool, loaded)
        return { kind: 'failed', outcome: loaded }
      }
      this.#residents.add(loaded, pool)
      return { kind: 'made', instance: loaded }
    } catch (error) {
      this.#options.onFault(error)
      return { kind: 'failed', outcome: notCreated }
    }
  }

  /** An instance was not made, or its `init` failed. */
  noteFailure(pool: VersionPool, outcome: Outcome): void {
    pool.failure = { outcome, atMs: this.#options.nowMs() }
  }
}

const notCreated: Outcome = { kind: 'internal_error', message: 'The instance could not be created' }
