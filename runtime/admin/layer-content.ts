import { formatWeights } from '../model/alias.ts'
import { findAlias } from '../model/alias-record.ts'
import { IsoletteError } from '../model/errors.ts'
import type { FunctionRecord } from '../model/function.ts'
import { type LayerFile, type LayerIndex, layerRoot } from '../model/layer.ts'
import { mergeLayers } from '../model/merged-layers.ts'
import type { Qualifier } from '../model/qualifier.ts'
import type { Digest, VersionLabel } from '../model/version.ts'
import type { ArtifactStore, Registry } from '../registry/registry.ts'
import type { LayerEntry, MergedFiles } from './protocol.ts'

/** What a layer's index says. The artifact is what this server wrote, or reading it fails. */
export function readIndex(artifacts: ArtifactStore, digest: Digest): LayerIndex {
  return JSON.parse(artifacts.read(digest).toString())
}

export function toEntry({ path, bytes }: LayerFile): LayerEntry {
  return { path: `${layerRoot}/${path}`, bytes }
}

/**
 * The files that one version of a function finds under `/opt`, each with the layer that it is from.
 *
 * @throws IsoletteError `version_not_found`, `alias_not_found`; `alias_split` if the qualifier means several versions
 */
export function mergedFilesOf(
  { registry, artifacts }: { readonly registry: Registry; readonly artifacts: ArtifactStore },
  record: FunctionRecord,
  qualifier: Qualifier,
): MergedFiles {
  const version = pickLabel(record, qualifier)
  const versionId = version === '$LATEST' ? record.latest : findVersionId(registry, record, version)
  const manifest = registry.getManifest(versionId)
  const layers = manifest?.layers ?? []
  const indexes = manifest?.layerSet?.indexes ?? []
  const merged = mergeLayers(
    indexes.map((digest, at) => ({ reference: layers[at]!, index: readIndex(artifacts, digest) })),
  )
  return {
    function: record.name,
    version,
    layers,
    content: merged.files().map(({ file, layer }) => ({ ...toEntry(file), layer: layers[layer]! })),
  }
}

function pickLabel(record: FunctionRecord, qualifier: Qualifier): VersionLabel {
  if (qualifier.kind === 'latest') return '$LATEST'
  if (qualifier.kind === 'version') return qualifier.version
  const shown = `${record.name}:${qualifier.alias}`
  const alias = findAlias(record, qualifier.alias)
  if (alias === null) {
    throw new IsoletteError('alias_not_found', `Cannot find alias ${shown}: must be one that is set`)
  }
  const [target, ...others] = alias.targets
  if (others.length === 0) return target!.version
  const weights = JSON.stringify(formatWeights(alias.targets))
  throw new IsoletteError(
    'alias_split',
    `Cannot show the files of ${shown}: split as ${weights}, must be one version: name it`,
  )
}

function findVersionId(registry: Registry, { name, versionIds }: FunctionRecord, version: number): string {
  const found =
    versionIds[version] ??
    registry.listVersions(name).find((published) => published.version === version)?.versionId
  if (found !== undefined) return found
  throw new IsoletteError(
    'version_not_found',
    `Cannot find version ${version} of ${name}: must be one that is published`,
  )
}
