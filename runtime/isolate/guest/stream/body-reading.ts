import { concatBytes, copyBytes } from '../language/bytes.ts'
import { Deferred } from '../language/deferred.ts'
import { newList } from '../language/list.ts'
import { checkBytes } from './chunk-reader.ts'
import type { ReadRequest } from './readable-state.ts'
import { type ReadableStream, readableStateOf } from './readable-stream.ts'
import { ReaderState } from './reader-state.ts'

/** A body that is read to its end, as the Fetch standard does. */
export class BodyReading implements ReadRequest {
  next: ReadRequest | null = null
  readonly #reader: ReaderState
  readonly #chunks = newList<Uint8Array>()
  readonly #done = new Deferred<undefined>()
  #isAsking = false
  #hasAnswer = false

  /** @throws TypeError if the stream is locked. */
  constructor(stream: ReadableStream) {
    this.#reader = new ReaderState(readableStateOf(stream), false)
    this.#readOn()
  }

  /** Rejects with a TypeError if a chunk is no `Uint8Array`, else with what the stream fails with. */
  get done(): Promise<undefined> {
    return this.#done.promise
  }

  /** All of them, when it is done. */
  get bytes(): Uint8Array {
    const chunks = this.#chunks
    return chunks.length === 1 ? chunks[0]! : concatBytes(chunks)
  }

  /** Chunks that are queued are answered at once: a loop, or each would be read within the one before it. */
  #readOn(): void {
    this.#isAsking = true
    do {
      this.#hasAnswer = false
      this.#reader.read(this)
    } while (this.#hasAnswer)
    this.#isAsking = false
  }

  onChunk(chunk: unknown): void {
    try {
      // A copy, for whoever made it may write to it again.
      this.#chunks[this.#chunks.length] = copyBytes(checkBytes(chunk))
    } catch (thrown) {
      this.#done.reject(thrown)
      return
    }
    if (this.#isAsking) this.#hasAnswer = true
    else this.#readOn()
  }

  onClose(): void {
    this.#done.resolve(undefined)
  }

  onError(reason: unknown): void {
    this.#done.reject(reason)
  }
}
