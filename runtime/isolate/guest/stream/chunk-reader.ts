import { viewBytes } from '../language/bytes.ts'
import { Deferred } from '../language/deferred.ts'
import { nameOf } from '../language/name-of.ts'
import { TypeError, typedArrayName } from '../primordials.ts'
import { markHandled } from './promise-steps.ts'
import type { ReadableState, ReadRequest } from './readable-state.ts'
import { type ReadableStream, readableStateOf } from './readable-stream.ts'
import { ReaderState } from './reader-state.ts'

/** Reads a stream of bytes chunk by chunk, past everything that a guest could have patched. */
export class ChunkReader implements ReadRequest {
  next: ReadRequest | null = null
  /** The chunk that was read last; a guest may hold it too. */
  chunk: Uint8Array | null = null
  readonly #stream: ReadableState
  readonly #reader: ReaderState
  #answer = new Deferred<boolean>()

  /** @throws TypeError if the stream is locked. */
  constructor(stream: ReadableStream) {
    this.#stream = readableStateOf(stream)
    this.#reader = new ReaderState(this.#stream, false)
  }

  /**
   * Reads the next chunk; false = there are no more. Not to be called again before that is known.
   *
   * @throws TypeError if the chunk is not bytes; what the stream fails with.
   */
  read(): Promise<boolean> {
    this.#answer = new Deferred()
    this.#reader.read(this)
    return this.#answer.promise
  }

  /** Nobody reads on. Does nothing at the stream's own end. */
  cancel(reason: unknown): void {
    markHandled(this.#stream.cancel(reason))
  }

  onChunk(chunk: unknown): void {
    try {
      this.chunk = viewBytes(checkBytes(chunk))
      this.#answer.resolve(true)
    } catch (thrown) {
      // Its buffer may be detached.
      this.#answer.reject(thrown)
    }
  }

  onClose(): void {
    this.#answer.resolve(false)
  }

  onError(reason: unknown): void {
    this.#answer.reject(reason)
  }
}

/** @throws TypeError unless it is a `Uint8Array`. */
export function checkBytes(chunk: unknown): Uint8Array {
  if (typedArrayName(chunk) === 'Uint8Array') return chunk as Uint8Array
  throw new TypeError(`Cannot read the body: a chunk of its stream is ${nameOf(chunk)}, must be a Uint8Array`)
}
