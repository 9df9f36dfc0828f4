import { Deferred } from '../language/deferred.ts'
import { promiseReject, promiseResolve, TypeError } from '../primordials.ts'
import { markHandled } from './promise-steps.ts'
import type { WritableState } from './writable-state.ts'

/** The Streams standard's writer: has the stream's lock. Its promises are made when first asked for. */
export class WriterState {
  /** null = the lock was released. */
  stream: WritableState | null
  #ready: Deferred<undefined> | null = null
  #isReadyPending = false
  #closed: Deferred<undefined> | null = null
  #isClosedPending = false
  /** What both reject with once the lock is gone. */
  #released: TypeError | null = null

  /** @throws TypeError if the stream is locked. */
  constructor(stream: WritableState) {
    if (stream.isLocked) throw new TypeError('Cannot write: the stream is locked')
    this.stream = stream
    stream.writer = this
  }

  /** Settles when the stream wants more, or never will. */
  get ready(): Promise<undefined> {
    if (this.#ready === null) {
      const { stream } = this
      const ready = newHandled()
      this.#ready = ready
      this.#isReadyPending = false
      if (stream === null) ready.reject(this.#released)
      else if (stream.status === 'erroring' || stream.status === 'errored') ready.reject(stream.storedError)
      else if (stream.status === 'writable' && stream.hasBackpressure && !stream.isClosing)
        this.#isReadyPending = true
      else ready.resolve(undefined)
    }
    return this.#ready.promise
  }

  /** Settles when the stream has ended, or the lock was released. */
  get closed(): Promise<undefined> {
    if (this.#closed === null) {
      const { stream } = this
      const closed = newHandled()
      this.#closed = closed
      this.#isClosedPending = false
      if (stream === null) closed.reject(this.#released)
      else if (stream.status === 'closed') closed.resolve(undefined)
      else if (stream.status === 'errored') closed.reject(stream.storedError)
      else this.#isClosedPending = true
    }
    return this.#closed.promise
  }

  noteBackpressure(hasBackpressure: boolean): void {
    if (hasBackpressure) this.#ready = null
    else this.noteReady()
  }

  noteReady(): void {
    this.#ready?.resolve(undefined)
    this.#isReadyPending = false
  }

  rejectReady(reason: unknown): void {
    if (this.#isReadyPending) this.#ready!.reject(reason)
    else this.#ready = null
    this.#isReadyPending = false
  }

  noteClosed(): void {
    this.#closed?.resolve(undefined)
    this.#isClosedPending = false
  }

  rejectClosed(reason: unknown): void {
    if (this.#isClosedPending) this.#closed!.reject(reason)
    else this.#closed = null
    this.#isClosedPending = false
  }

  /** How much the stream wants: null if it has failed. The lock must not be released. */
  get desiredSize(): number | null {
    const { status, controller } = this.stream!
    if (status === 'errored' || status === 'erroring') return null
    return status === 'closed' ? 0 : controller.desiredSize
  }

  abort(reason: unknown): Promise<undefined> {
    const { stream } = this
    return stream === null ? promiseReject(released()) : stream.abort(reason)
  }

  close(): Promise<undefined> {
    const { stream } = this
    return stream === null ? promiseReject(released()) : stream.close()
  }

  /** Closes it unless that was done, for a pipe. */
  closeOnce(): Promise<undefined> {
    const stream = this.stream!
    if (stream.isClosing || stream.status === 'closed') return promiseResolve(undefined)
    return stream.status === 'errored' ? promiseReject(stream.storedError) : stream.close()
  }

  write(chunk: unknown): Promise<undefined> {
    const { stream } = this
    if (stream === null) return promiseReject(released())
    const { controller } = stream
    const size = controller.sizeOf(chunk)
    // The strategy may have done anything.
    if (this.stream !== stream) return promiseReject(released())
    if (stream.status === 'errored') return promiseReject(stream.storedError)
    if (stream.isClosing || stream.status === 'closed')
      return promiseReject(new TypeError('Cannot write: the stream is closed or being closed'))
    if (stream.status === 'erroring') return promiseReject(stream.storedError)
    const written = stream.addWrite()
    controller.write(chunk, size)
    return written
  }

  /** The lock must not be released. */
  release(): void {
    this.#released = released()
    this.rejectReady(this.#released)
    this.rejectClosed(this.#released)
    this.stream!.writer = null
    this.stream = null
  }
}

function newHandled(): Deferred<undefined> {
  const deferred = new Deferred<undefined>()
  markHandled(deferred.promise)
  return deferred
}

function released(): TypeError {
  return new TypeError('The writer has released its lock')
}
