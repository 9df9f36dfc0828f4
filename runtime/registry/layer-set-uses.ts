import type { VersionId, VersionManifest } from '../model/version.ts'
import type { ReadTables } from './store/tables.ts'

/** Versions whose layers waiting isolates evaluate alike. */
export interface LayerSetUse {
  /** How many there are. */
  readonly uses: number
  /** The one that came last. Its manifest may be gone, if it was removed since. */
  readonly versionId: VersionId
}

/** Of a table that is read whole when a worker starts: more than this many sets are not told apart by use. */
const maxRead = 10_000

/**
 * Counts which layers versions in use have evaluated in waiting isolates, so that a worker that starts knows what will
 * be asked for without looking through all functions. Changed only within `Store.change`.
 */
export class LayerSetUses {
  readonly #table: ReadTables['layerSets']

  constructor(tables: Pick<ReadTables, 'layerSets'>) {
    this.#table = tables.layerSets
  }

  /** The version has its first use. */
  add(manifest: VersionManifest): void {
    const key = keyOf(manifest)
    if (key === null) return
    const uses = (this.#table.get(key)?.uses ?? 0) + 1
    this.#table.put(key, { uses, versionId: manifest.versionId })
  }

  /** It has no use any more. */
  remove(manifest: VersionManifest): void {
    const key = keyOf(manifest)
    const row = key === null ? null : this.#table.get(key)
    if (key === null || row === null) return
    if (row.uses > 1) this.#table.put(key, { ...row, uses: row.uses - 1 })
    else this.#table.remove(key)
  }

  /** A version of each set, of those that most versions have first; at most so many. */
  mostUsed(most: number): VersionId[] {
    const rows = [...this.#table.entries({ limit: maxRead })].map(({ value }) => value)
    return rows
      .sort((a, b) => b.uses - a.uses)
      .slice(0, most)
      .map(({ versionId }) => versionId)
  }
}

/** What makes two waiting isolates alike; null = they evaluate nothing for it. */
function keyOf({ layerSet, limits }: VersionManifest): string | null {
  if (!layerSet?.isPreloaded || layerSet.bundle === null) return null
  return [limits.memoryMiB, layerSet.bundle, ...layerSet.indexes].join(' ')
}
