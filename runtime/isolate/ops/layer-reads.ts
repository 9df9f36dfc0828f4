import type { LayerFiles } from '../layers/layer-files.ts'

/** No path of a layer is as long. */
const maxPathLength = 4096

/** What one guest reads of the files of its layers. Paths are hostile. */
export class LayerReads {
  readonly #files: LayerFiles
  readonly #maxBytes: number

  constructor(files: LayerFiles, memoryMiB: number) {
    this.#files = files
    // A text may take twice its bytes, and the host holds the bytes while it makes it.
    this.#maxBytes = (memoryMiB / 2) * 2 ** 20
  }

  /** JSON; '' = there is no such folder. */
  list(folder: string): string {
    const names = folder.length > maxPathLength ? null : this.#files.list(folder)
    return names === null ? '' : JSON.stringify(names)
  }

  /** Undefined = there is no such file; a number = it has so many bytes, which is too much. */
  read(path: string, asText: boolean): Uint8Array | string | number | undefined {
    const bytes = path.length > maxPathLength ? null : this.#files.bytesOf(path)
    if (bytes === null) return undefined
    if (bytes > this.#maxBytes) return bytes
    const content = this.#files.read(path)
    return asText ? utf8.decode(content) : content
  }
}

const utf8 = new TextDecoder()
