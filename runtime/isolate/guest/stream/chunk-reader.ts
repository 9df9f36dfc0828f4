import { concatBytes, copyBytes, viewBytes } from '../language/bytes.ts'
import { Deferred } from '../language/deferred.ts'
import { newList } from '../language/list.ts'
import { TypeError, typedArrayName } from '../primordials.ts'
import { markHandled } from './promise-steps.ts'
import type { ReadableState, ReadRequest } from './readable-state.ts'
import { type ReadableStream, readableStateOf } from './readable-stream.ts'
import { ReaderState } from './reader-state.ts'

/** Reads a stream of bytes chunk by chunk, past everything that a guest could have patched. */
export class ChunkReader {
  readonly #stream: ReadableState
  readonly #reader: ReaderState

  /** @throws TypeError if the stream is locked. */
  constructor(stream: ReadableStream) {
    this.#stream = readableStateOf(stream)
    this.#reader = new ReaderState(this.#stream, false)
  }

  /**
   * The next chunk, which a guest may hold too; null at the end.
   *
   * @throws TypeError if a chunk is not bytes; what the stream fails with.
   */
  next(): Promise<Uint8Array | null> {
    const answer = new Deferred<Uint8Array | null>()
    this.#reader.read({
      next: null,
      onChunk(chunk) {
        try {
          answer.resolve(viewBytes(checkBytes(chunk)))
        } catch (thrown) {
          // Its buffer may be detached.
          answer.reject(thrown)
        }
      },
      onClose: () => answer.resolve(null),
      onError: answer.reject,
    })
    return answer.promise
  }

  /** Nobody reads on. Does nothing at the stream's own end. */
  cancel(reason: unknown): void {
    markHandled(this.#stream.cancel(reason))
  }
}

/**
 * All bytes of a body, as the Fetch standard reads them.
 *
 * @throws TypeError if the stream is locked. Rejects with a TypeError if a chunk is no `Uint8Array`, or with what the
 *   stream fails with.
 */
export function readToEnd(stream: ReadableStream): Promise<Uint8Array> {
  const reading = new Reading(readableStateOf(stream))
  reading.readOn()
  return reading.answer.promise
}

class Reading implements ReadRequest {
  next: ReadRequest | null = null
  readonly answer = new Deferred<Uint8Array>()
  readonly #reader: ReaderState
  readonly #chunks = newList<Uint8Array>()
  #isAsking = false
  #hasAnswer = false

  constructor(stream: ReadableState) {
    this.#reader = new ReaderState(stream, false)
  }

  /** Chunks that are queued are answered at once: a loop, or each would be read within the one before it. */
  readOn(): void {
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
      this.answer.reject(thrown)
      return
    }
    if (this.#isAsking) this.#hasAnswer = true
    else this.readOn()
  }

  onClose(): void {
    const chunks = this.#chunks
    this.answer.resolve(chunks.length === 1 ? chunks[0]! : concatBytes(chunks))
  }

  onError(reason: unknown): void {
    this.answer.reject(reason)
  }
}

/** @throws TypeError unless it is a `Uint8Array`. */
function checkBytes(chunk: unknown): Uint8Array {
  if (typedArrayName(chunk) === 'Uint8Array') return chunk as Uint8Array
  throw new TypeError('Cannot read the body: a chunk of its stream is not bytes')
}
