import type { Digest, VersionId, VersionManifest } from '../model/version.ts'
import type { Tables } from './tables.ts'

/**
 * Counts what refers to manifests and artifacts, in the transaction that changes it: so garbage is known without looking
 * through all functions. A manifest without use stays for a while, for workers that have not heard of the change yet.
 *
 * Only within `Store.change`.
 */
export class ManifestUses {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Adds a use, and the manifest itself if it is new. */
  add(manifest: VersionManifest): void {
    const { versionId } = manifest
    if (this.#tables.manifests.get(versionId) === null) {
      this.#tables.manifests.put(versionId, manifest)
      this.#countArtifact(manifest.bundle, 1)
      this.#countArtifact(manifest.sourceMap, 1)
    }
    this.#count(versionId, 1)
  }

  /** Adds a use of a manifest that has one already. */
  addAgain(versionId: VersionId): void {
    this.#count(versionId, 1)
  }

  remove(versionId: VersionId, nowMs: number): void {
    if (this.#count(versionId, -1) === 0) this.#tables.unused.put(versionId, nowMs)
  }

  /** Deletes the manifests that have been without use since before `beforeMs`. */
  deleteUnused(beforeMs: number): void {
    const { unused, manifests } = this.#tables
    const versionIds = [...unused.entries()].filter(({ value }) => value < beforeMs).map(({ key }) => key)
    for (const versionId of versionIds) {
      const manifest = manifests.get(versionId)
      unused.remove(versionId)
      manifests.remove(versionId)
      if (manifest === null) continue
      this.#countArtifact(manifest.bundle, -1)
      this.#countArtifact(manifest.sourceMap, -1)
    }
  }

  #count(versionId: VersionId, change: 1 | -1): number {
    const { manifestUses, unused } = this.#tables
    const uses = (manifestUses.get(versionId) ?? 0) + change
    if (uses > 0) manifestUses.put(versionId, uses)
    else manifestUses.remove(versionId)
    if (change === 1) unused.remove(versionId)
    return uses
  }

  #countArtifact(digest: Digest, change: 1 | -1): void {
    const { artifactUses } = this.#tables
    const uses = (artifactUses.get(digest) ?? 0) + change
    if (uses > 0) artifactUses.put(digest, uses)
    else artifactUses.remove(digest)
  }
}
