import { IsoletteError } from '../../model/errors.ts'
import type { LayerIndex } from '../../model/layer.ts'

export interface PackRequest {
  /** Absolute path of a zip or a folder. */
  readonly path: string
  /** Where the pack is written; the caller's, and on the same file system as the artifacts. */
  readonly temporaryFolder: string
  /** Ends the work: rejects with its reason, and leaves nothing behind. */
  readonly signal?: AbortSignal
}

export interface PackedLayer {
  readonly index: LayerIndex
  /** A new file in the temporary folder: the caller's to move or to remove. */
  readonly packFile: string
  readonly unpackedBytes: number
  /** What was left out, for people. */
  readonly warnings: readonly string[]
}

/**
 * Reads a zip or a folder and writes the bytes of its files into one file. Hostile input ends in a refusal that names what
 * is wrong, and leaves nothing behind.
 *
 * @throws IsoletteError `bad_layer`; `bad_configuration` for its `layer.jsonc`; `bad_request` if there is nothing at the
 * path; `storage_full`
 */
export async function packLayer(request: PackRequest): Promise<PackedLayer> {
  throw new IsoletteError('bad_layer', `Cannot read layer ${JSON.stringify(request.path)}: not yet`)
}
