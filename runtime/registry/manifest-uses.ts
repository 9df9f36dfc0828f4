import type { Digest, VersionId, VersionManifest } from '../model/version.ts'
import type { ArtifactUses } from './artifact-uses.ts'
import type { Holder, LayerHolders } from './layer-holders.ts'
import { LayerSetUses } from './layer-set-uses.ts'
import type { Tables } from './store/tables.ts'

/**
 * Counts what refers to manifests and artifacts, in the transaction that changes it: so garbage is known without looking
 * through all functions. A manifest without use stays for a while, for workers that have not heard of the change yet.
 *
 * Only within `Store.change`.
 */
export class ManifestUses {
  readonly #tables: Tables
  readonly #artifacts: ArtifactUses
  readonly #layers: LayerHolders
  readonly #layerSets: LayerSetUses

  constructor(tables: Tables, counts: { readonly artifacts: ArtifactUses; readonly layers: LayerHolders }) {
    this.#tables = tables
    this.#artifacts = counts.artifacts
    this.#layers = counts.layers
    this.#layerSets = new LayerSetUses(tables)
  }

  /** Adds a use, and the manifest itself if it is new. */
  add(manifest: VersionManifest, holder: Holder): void {
    if (this.#tables.manifests.get(manifest.versionId) === null) {
      this.#tables.manifests.put(manifest.versionId, manifest)
      this.#artifacts.add(artifactsOf(manifest))
    }
    this.addAgain(manifest.versionId, holder)
  }

  /** Adds a use of a manifest that has one already. */
  addAgain(versionId: VersionId, holder: Holder): void {
    this.#count(versionId, 1)
    this.#layers.add(this.#layersOf(versionId), holder)
  }

  remove(versionId: VersionId, holder: Holder, nowMs: number): void {
    this.#layers.remove(this.#layersOf(versionId), holder)
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
      if (manifest !== null) this.#artifacts.remove(artifactsOf(manifest))
    }
  }

  #count(versionId: VersionId, change: 1 | -1): number {
    const { manifestUses, unused, manifests } = this.#tables
    const uses = (manifestUses.get(versionId) ?? 0) + change
    if (uses > 0) manifestUses.put(versionId, uses)
    else manifestUses.remove(versionId)
    if (change === 1) unused.remove(versionId)
    const manifest = uses === 0 || (uses === 1 && change === 1) ? manifests.get(versionId) : null
    if (manifest !== null && uses === 0) this.#layerSets.remove(manifest)
    else if (manifest !== null) this.#layerSets.add(manifest)
    return uses
  }

  #layersOf(versionId: VersionId): readonly string[] {
    return this.#tables.manifests.get(versionId)?.layers ?? []
  }
}

/** All that a manifest names; some of it perhaps twice. */
function artifactsOf({ bundle, sourceMap, layerSet }: VersionManifest): Digest[] {
  if (layerSet === undefined) return [bundle, sourceMap]
  const script = [layerSet.bundle, layerSet.sourceMap].filter((digest) => digest !== null)
  return [bundle, sourceMap, ...layerSet.indexes, ...layerSet.packs, ...script]
}
