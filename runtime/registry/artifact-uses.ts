import type { Digest } from '../model/version.ts'
import type { Tables } from './store/tables.ts'

/** Counts who names an artifact, manifests and layers alike: what nobody names is garbage. Only within `Store.change`. */
export class ArtifactUses {
  readonly #table: Tables['artifactUses']

  constructor(tables: Pick<Tables, 'artifactUses'>) {
    this.#table = tables.artifactUses
  }

  add(digests: Iterable<Digest>): void {
    for (const digest of digests) this.#table.put(digest, (this.#table.get(digest) ?? 0) + 1)
  }

  remove(digests: Iterable<Digest>): void {
    for (const digest of digests) {
      const uses = (this.#table.get(digest) ?? 0) - 1
      if (uses > 0) this.#table.put(digest, uses)
      else this.#table.remove(digest)
    }
  }
}
