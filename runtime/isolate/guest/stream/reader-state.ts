import { Deferred } from '../language/deferred.ts'
import { promiseReject, TypeError } from '../primordials.ts'
import { Fifo } from './fifo.ts'
import { markHandled } from './promise-steps.ts'
import { checkUnlocked, type ReadableState, type ReadRequest } from './readable-state.ts'

/** The Streams standard's readers, of both kinds: has the stream's lock, and those who wait for chunks. */
export class ReaderState {
  /** null = the lock was released. */
  stream: ReadableState | null
  /** Whether those who read bring their own buffers. */
  readonly isByob: boolean
  readonly requests = new Fifo<ReadRequest>()
  /** Made when first asked for: most readers never are. */
  #closed: Deferred<undefined> | null = null

  /** @throws TypeError if the stream is locked. */
  constructor(stream: ReadableState, isByob: boolean) {
    checkUnlocked(stream, 'read')
    this.stream = stream
    this.isByob = isByob
    stream.reader = this
  }

  /** Settles when the stream has ended, or the lock was released. */
  get closed(): Promise<undefined> {
    this.#closed ??= this.#makeClosed()
    return this.#closed.promise
  }

  #makeClosed(): Deferred<undefined> {
    const closed = new Deferred<undefined>()
    markHandled(closed.promise)
    const { stream } = this
    if (stream === null) closed.reject(released())
    else if (stream.status === 'closed') closed.resolve(undefined)
    else if (stream.status === 'errored') closed.reject(stream.storedError)
    return closed
  }

  noteClosed(): void {
    this.#closed?.resolve(undefined)
  }

  noteFailed(reason: unknown): void {
    this.#closed?.reject(reason)
  }

  cancel(reason: unknown): Promise<undefined> {
    const { stream } = this
    return stream === null ? promiseReject(released()) : stream.cancel(reason)
  }

  /** Reads without a buffer. The lock must not be released. */
  read(request: ReadRequest): void {
    const stream = this.stream!
    stream.isDisturbed = true
    if (stream.status === 'closed') request.onClose()
    else if (stream.status === 'errored') request.onError(stream.storedError)
    else stream.controller.pull(request)
  }

  /** Those who wait are told that the lock is gone. */
  release(): void {
    const stream = this.stream!
    // One that is settled is not what a reader without a lock has.
    if (stream.status === 'readable') this.#closed?.reject(released())
    else this.#closed = null
    stream.controller.release()
    stream.reader = null
    this.stream = null
    if (this.requests.first !== null) this.rejectRequests(released())
  }

  rejectRequests(reason: unknown): void {
    for (let request = this.requests.takeAll(); request !== null; ) {
      const { next } = request
      request.onError(reason)
      request = next
    }
  }
}

function released(): TypeError {
  return new TypeError('The reader has released its lock')
}
