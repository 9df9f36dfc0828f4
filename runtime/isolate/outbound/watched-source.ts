import type { ByteSource, SourceRead } from '../../model/byte-source.ts'

/** A source that tells when its reader goes before the end. */
export class WatchedSource implements ByteSource {
  readonly #source: ByteSource
  #onCancel: (() => void) | null

  constructor(source: ByteSource, onCancel: () => void) {
    this.#source = source
    this.#onCancel = onCancel
  }

  read(): SourceRead {
    const read = this.#source.read()
    if (read.kind === 'end' || read.kind === 'failed') this.#onCancel = null
    return read
  }

  onceReadable(callback: () => void): void {
    this.#source.onceReadable(callback)
  }

  cancel(): void {
    this.#source.cancel()
    const onCancel = this.#onCancel
    this.#onCancel = null
    // Whoever cancels may be in the midst of something.
    if (onCancel !== null) queueMicrotask(onCancel)
  }
}
