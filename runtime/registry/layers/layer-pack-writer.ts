import { createHash, randomUUID } from 'node:crypto'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { LayerFile } from '../../model/layer.ts'
import type { Digest } from '../../model/version.ts'
import { storageFailure } from '../../storage/storage-failure.ts'

/** Writes the files of a layer one after the other into a new file of the temporary folder. */
export class LayerPackWriter {
  readonly file: string
  readonly files: LayerFile[] = []
  readonly #folder: string
  readonly #descriptor: number
  readonly #hash = createHash('sha256')
  #offset = 0
  #isOpen = true

  /** @throws IsoletteError `storage_full`, like all that writes */
  constructor(temporaryFolder: string) {
    this.#folder = temporaryFolder
    this.file = join(temporaryFolder, `pack-${randomUUID()}`)
    this.#descriptor = this.#storing(() => openSync(this.file, 'wx', 0o600))
  }

  get bytes(): number {
    return this.#offset
  }

  async add(path: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    const offset = this.#offset
    const hash = createHash('sha256')
    for await (const chunk of chunks) {
      hash.update(chunk)
      this.#hash.update(chunk)
      this.#write(chunk)
    }
    this.files.push({ path, offset, bytes: this.#offset - offset, digest: hash.digest('hex') })
  }

  /** The pack is whole: closes it, and returns its digest. */
  finish(): Digest {
    this.#storing(() => this.#close())
    return this.#hash.digest('hex')
  }

  /** Nothing stays, whatever was done before. */
  discard(): void {
    if (this.#isOpen) this.#close()
    rmSync(this.file, { force: true })
  }

  #close(): void {
    this.#isOpen = false
    closeSync(this.#descriptor)
  }

  #write(chunk: Uint8Array): void {
    this.#storing(() => {
      for (let at = 0; at < chunk.length; ) at += writeSync(this.#descriptor, chunk, at)
    })
    this.#offset += chunk.length
  }

  #storing<T>(write: () => T): T {
    try {
      return write()
    } catch (cause) {
      throw storageFailure('write a layer', this.#folder, cause)
    }
  }
}
