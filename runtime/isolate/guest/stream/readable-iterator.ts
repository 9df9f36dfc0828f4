import { tagClass } from '../boot/class-tag.ts'
import { Deferred } from '../language/deferred.ts'
import { asyncIteratorPrototype, promiseResolve, promiseThen, setPrototypeOf } from '../primordials.ts'
import type { ReadResult } from './default-reader.ts'
import { rejectIllegal } from './internal.ts'
import { inMicrotask, resolveWith, whenSettled } from './promise-steps.ts'
import type { ReadableState } from './readable-state.ts'
import { ReaderState } from './reader-state.ts'

let isIterator: (value: unknown) => value is ReadableStreamAsyncIterator

/** What a stream's `values` returns: Web IDL's asynchronous iterator. Its steps come one after the other. */
export class ReadableStreamAsyncIterator {
  readonly #reader: ReaderState
  readonly #preventsCancel: boolean
  #ongoing: Promise<ReadResult> | null = null
  #isFinished = false

  /** @throws TypeError if the stream is locked. */
  constructor(stream: ReadableState, preventsCancel: boolean) {
    this.#reader = new ReaderState(stream, false)
    this.#preventsCancel = preventsCancel
  }

  next(): Promise<ReadResult> {
    if (!isIterator(this)) return rejectIllegal()
    return this.#afterOngoing(() => this.#next())
  }

  return(value?: unknown): Promise<ReadResult> {
    if (!isIterator(this)) return rejectIllegal()
    return this.#afterOngoing(() => this.#return(value))
  }

  #afterOngoing(step: () => Promise<ReadResult>): Promise<ReadResult> {
    const before = this.#ongoing
    if (before === null) {
      this.#ongoing = step()
      return this.#ongoing
    }
    const result = new Deferred<ReadResult>()
    const takeTurn = (): void => resolveWith(result, step())
    whenSettled(before, takeTurn, takeTurn)
    this.#ongoing = result.promise
    return this.#ongoing
  }

  #next(): Promise<ReadResult> {
    if (this.#isFinished) return promiseResolve({ value: undefined, done: true })
    const result = new Deferred<ReadResult>()
    this.#reader.read({
      next: null,
      onChunk: (value) => {
        this.#ongoing = null
        // A microtask later, so that what the source enqueues meanwhile is queued and it is not asked for more.
        inMicrotask(() => result.resolve({ value, done: false }))
      },
      onClose: () => {
        this.#finish()
        result.resolve({ value: undefined, done: true })
      },
      onError: (reason) => {
        this.#finish()
        result.reject(reason)
      },
    })
    return result.promise
  }

  #finish(): void {
    this.#ongoing = null
    this.#isFinished = true
    this.#reader.release()
  }

  #return(value: unknown): Promise<ReadResult> {
    const result = { value, done: true }
    if (this.#isFinished) return promiseResolve(result)
    this.#isFinished = true
    const canceled = this.#preventsCancel ? null : this.#reader.cancel(value)
    this.#reader.release()
    return canceled === null ? promiseResolve(result) : promiseThen(canceled, () => result)
  }

  static {
    isIterator = (value): value is ReadableStreamAsyncIterator =>
      typeof value === 'object' && value !== null && #reader in value
  }
}

tagClass(ReadableStreamAsyncIterator, 'ReadableStream AsyncIterator')
setPrototypeOf(ReadableStreamAsyncIterator.prototype, asyncIteratorPrototype)
// Web IDL has no class for it.
delete (ReadableStreamAsyncIterator.prototype as { constructor?: unknown }).constructor
