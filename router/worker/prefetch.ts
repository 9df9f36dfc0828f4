import type { FunctionRecord, RegistryView, VersionId } from '../../runtime/index.ts'
import { type BundleCache, type Pool, prewarmWant, type VersionLayers } from '../../runtime/worker-side.ts'
import { noWish, type TargetPicker } from '../http/pick-target.ts'

export interface PrefetchParts {
  readonly view: RegistryView
  readonly bundles: BundleCache
  readonly layers: VersionLayers
  readonly pool: Pool
  readonly picker: TargetPicker
}

/** Has at hand what first requests to versions will need: their code, and isolates that wait with their layers. */
export class Prefetch {
  readonly #parts: PrefetchParts

  constructor(parts: PrefetchParts) {
    this.#parts = parts
  }

  /** What an alias was just pointed at will be asked for next. */
  changed(record: FunctionRecord): void {
    for (const [alias, { targets }] of Object.entries(record.aliases)) {
      this.#pick(record.name, alias)
      for (const { version, weightUnits } of targets) {
        const versionId = record.versionIds[version]
        if (weightUnits > 0 && versionId !== undefined) this.#expect(versionId)
      }
    }
  }

  /** A worker begins: the layers that most versions have, at most so many kinds of them. */
  began(mostLayers: number): void {
    for (const versionId of this.#parts.view.mostUsedLayers(mostLayers)) this.#expect(versionId)
  }

  /** The picker keeps what it finds out. */
  #pick(functionName: string, alias: string): void {
    try {
      this.#parts.picker.pick(functionName, alias, noWish)
    } catch {
      // Whoever asks for it will be told.
    }
  }

  #expect(versionId: VersionId): void {
    const { view, bundles, layers, pool } = this.#parts
    try {
      const manifest = view.getManifest(versionId)
      bundles.prefetch(manifest)
      pool.prewarm.expect(prewarmWant(manifest, layers.of(manifest)))
    } catch {
      // Whoever asks for it will be told.
    }
  }
}
