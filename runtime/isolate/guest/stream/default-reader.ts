import { tagClass } from '../boot/class-tag.ts'
import { Deferred } from '../language/deferred.ts'
import { needArguments } from '../language/web-idl.ts'
import { promiseReject, TypeError } from '../primordials.ts'
import { rejectIllegal } from './internal.ts'
import type { ReadRequest } from './readable-state.ts'
import { type ReadableStream, readableStateOf } from './readable-stream.ts'
import { ReaderState } from './reader-state.ts'

export interface ReadResult {
  readonly value: unknown
  readonly done: boolean
}

let isReader: (value: unknown) => value is ReadableStreamDefaultReader

/** The Streams standard's `ReadableStreamDefaultReader`: holds the stream's lock. */
export class ReadableStreamDefaultReader {
  readonly #state: ReaderState

  constructor(stream: ReadableStream) {
    needArguments(arguments.length, 1, 'make a reader')
    this.#state = new ReaderState(readableStateOf(stream), false)
  }

  get closed(): Promise<undefined> {
    return isReader(this) ? this.#state.closed : rejectIllegal()
  }

  cancel(reason: unknown = undefined): Promise<undefined> {
    if (!isReader(this)) return rejectIllegal()
    return this.#state.cancel(reason)
  }

  read(): Promise<ReadResult> {
    if (!isReader(this)) return rejectIllegal()
    const state = this.#state
    if (state.stream === null)
      return promiseReject(new TypeError('Cannot read: the reader has released its lock'))
    const read = new PromisedRead()
    state.read(read)
    return read.promise
  }

  releaseLock(): void {
    if (this.#state.stream !== null) this.#state.release()
  }

  static {
    isReader = (value): value is ReadableStreamDefaultReader =>
      typeof value === 'object' && value !== null && #state in value
  }
}

tagClass(ReadableStreamDefaultReader, 'ReadableStreamDefaultReader')

/** One call of `read`. */
export class PromisedRead extends Deferred<ReadResult> implements ReadRequest {
  next: ReadRequest | null = null

  onChunk(value: unknown): void {
    this.resolve({ value, done: false })
  }

  onClose(): void {
    this.resolve({ value: undefined, done: true })
  }

  onError(reason: unknown): void {
    this.reject(reason)
  }
}
