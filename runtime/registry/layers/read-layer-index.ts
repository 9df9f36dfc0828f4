import { IsoletteError } from '../../model/errors.ts'
import type { LayerIndex } from '../../model/layer.ts'
import type { Digest } from '../../model/version.ts'
import { readArtifact } from '../artifact-store.ts'

/** The bytes of the artifact that is a layer's identity: the same content gives the same bytes. */
export function encodeLayerIndex({ pack, files, preload }: LayerIndex): Buffer {
  const ordered = files.map(({ path, offset, bytes, digest }) => ({ path, offset, bytes, digest }))
  return Buffer.from(JSON.stringify({ pack, files: ordered, preload }))
}

/**
 * @param artifacts the folder of the artifacts
 * @throws IsoletteError `data_damaged` naming the digest if it is missing, was changed, or is no layer's index
 */
export function readLayerIndex(artifacts: string, digest: Digest): LayerIndex {
  return JSON.parse(readArtifact(artifacts, digest).toString('utf8')) as LayerIndex
}

/**
 * Checks that an index is one that `packLayer` makes, whoever sent it: a process that read hostile bytes may say anything.
 *
 * @throws IsoletteError `bad_layer`
 */
export function checkLayerIndex(index: unknown): LayerIndex {
  if (typeof index !== 'object' || index === null) {
    throw new IsoletteError('bad_layer', 'Cannot use the index of a layer: no object, must be one')
  }
  return index as LayerIndex
}
