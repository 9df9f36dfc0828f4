import type { LayerIndex } from '../../model/layer.ts'
import type { Digest } from '../../model/version.ts'
import { readArtifact } from '../store/artifact-store.ts'
import { checkLayerIndex } from './layer-index-check.ts'

/**
 * The bytes of the artifact that is a layer's identity: the same content gives the same bytes.
 *
 * A turn of the event loop takes some 100 ms at 100 000 files: the check is done in pieces.
 *
 * @throws IsoletteError `bad_layer` if `packLayer` could not have made it, so that no other index is ever stored
 */
export async function encodeLayerIndex(index: LayerIndex): Promise<Buffer> {
  await checkLayerIndex(index)
  const { pack, files, preload } = index
  const ordered = files.map(({ path, offset, bytes, digest }) => ({ path, offset, bytes, digest }))
  return Buffer.from(JSON.stringify({ pack, files: ordered, preload }))
}

/**
 * Reads what `encodeLayerIndex` checked: the digest vouches for it.
 *
 * @param artifacts the folder of the artifacts
 * @throws IsoletteError `data_damaged` naming the digest if it is missing or was changed
 */
export function readLayerIndex(artifacts: string, digest: Digest): LayerIndex {
  return JSON.parse(readArtifact(artifacts, digest).toString('utf8')) as LayerIndex
}
