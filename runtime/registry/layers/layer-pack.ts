import { hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import type { LayerFile } from '../../model/layer.ts'
import type { Digest } from '../../model/version.ts'
import { artifactFile, damagedArtifact } from '../store/artifact-store.ts'

/**
 * Opens a pack for any process.
 *
 * @param artifacts the folder of the artifacts
 * @throws IsoletteError `data_damaged` naming the digest if it is missing
 */
export function openLayerPack(artifacts: string, pack: Digest): LayerPack {
  try {
    return new LayerPack(pack, openSync(artifactFile(artifacts, pack), 'r'))
  } catch (cause) {
    throw damagedArtifact(pack, (cause as Error).message, cause)
  }
}

/** The bytes of a layer's files, read one file at a time; those of a pack that was removed stay until it is closed. */
export class LayerPack implements Disposable {
  readonly #digest: Digest
  readonly #descriptor: number

  /** For `openLayerPack`. */
  constructor(digest: Digest, descriptor: number) {
    this.#digest = digest
    this.#descriptor = descriptor
  }

  /**
   * Holds the thread for a disk's time, and for a millisecond a MiB to verify it.
   *
   * @param file of an index whose pack this is
   * @throws IsoletteError `data_damaged` naming the pack if its bytes are not those of the index
   */
  read({ path, offset, bytes, digest }: LayerFile): Buffer {
    const content = Buffer.allocUnsafeSlow(bytes)
    for (let filled = 0; filled < bytes; ) {
      const read = readSync(this.#descriptor, content, filled, bytes - filled, offset + filled)
      if (read === 0) throw damagedArtifact(this.#digest, `it ends before the end of ${JSON.stringify(path)}`)
      filled += read
    }
    const found = hash('sha256', content)
    if (found === digest) return content
    throw damagedArtifact(
      this.#digest,
      `${JSON.stringify(path)} has the digest ${found}, must have ${digest}`,
    )
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }
}
