import { tagClass } from '../boot/class-tag.ts'
import { Deferred, ignoreRejection } from '../language/deferred.ts'
import { TypeError } from '../primordials.ts'
import { type ReadableStream, streamStateOf } from './readable-stream.ts'
import type { ReadResult, StreamState } from './stream-state.ts'

/** Reads through a reader that has its lock, whatever became of `read`. */
export let readLocked: (reader: ReadableStreamDefaultReader) => Promise<ReadResult>

/** The Streams standard's `ReadableStreamDefaultReader`: holds the stream's lock. */
export class ReadableStreamDefaultReader {
  #state: StreamState | null
  #closed: Deferred<undefined>

  constructor(stream: ReadableStream) {
    const state = streamStateOf(stream)
    if (state.lock !== null) throw new TypeError('Cannot read: the stream is locked')
    this.#closed = silentDeferred()
    if (state.status === 'closed') this.#closed.resolve(undefined)
    if (state.status === 'errored') this.#closed.reject(state.error)
    state.lock = { closed: this.#closed }
    this.#state = state
  }

  get closed(): Promise<undefined> {
    return this.#closed.promise
  }

  async read(): Promise<ReadResult> {
    if (this.#state === null) throw new TypeError('Cannot read: the reader has released its lock')
    return this.#state.read()
  }

  async cancel(reason?: unknown): Promise<undefined> {
    if (this.#state === null) throw new TypeError('Cannot cancel: the reader has released its lock')
    return this.#state.cancel(reason)
  }

  releaseLock(): void {
    const state = this.#state
    if (state === null) return
    const reason = new TypeError('The reader has released its lock')
    if (state.status !== 'readable') this.#closed = silentDeferred()
    this.#closed.reject(reason)
    state.release(reason)
    this.#state = null
  }

  static {
    readLocked = (reader) => reader.#state!.read()
  }
}

tagClass(ReadableStreamDefaultReader, 'ReadableStreamDefaultReader')

function silentDeferred(): Deferred<undefined> {
  const deferred = new Deferred<undefined>()
  void ignoreRejection(deferred.promise)
  return deferred
}
