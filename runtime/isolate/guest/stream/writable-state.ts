import { Deferred } from '../language/deferred.ts'
import { promiseReject, promiseResolve, TypeError } from '../primordials.ts'
import { Fifo } from './fifo.ts'
import { whenSettled } from './promise-steps.ts'
import type { WritableControllerState } from './writable-controller-state.ts'
import type { WriterState } from './writer-state.ts'

/** A chunk that was written, and whether the sink has taken it. */
export class WriteRequest extends Deferred<undefined> {
  next: WriteRequest | null = null
}

interface PendingAbort {
  readonly answer: Deferred<undefined>
  readonly reason: unknown
  readonly wasErroring: boolean
}

/**
 * The Streams standard's writable stream: how it ends, and who writes to it. One that is `erroring` has failed, and
 * waits for what its sink is doing.
 */
export class WritableState {
  status: 'writable' | 'erroring' | 'closed' | 'errored' = 'writable'
  storedError: unknown = undefined
  hasBackpressure = false
  writer: WriterState | null = null
  /** Set by its own constructor, before anybody writes. */
  controller!: WritableControllerState
  readonly #writes = new Fifo<WriteRequest>()
  #writeInFlight: WriteRequest | null = null
  #close: Deferred<undefined> | null = null
  #closeInFlight: Deferred<undefined> | null = null
  #abort: PendingAbort | null = null

  get isLocked(): boolean {
    return this.writer !== null
  }

  get isClosing(): boolean {
    return this.#close !== null || this.#closeInFlight !== null
  }

  get hasWriteInFlight(): boolean {
    return this.#writeInFlight !== null
  }

  get #isSinkBusy(): boolean {
    return this.#writeInFlight !== null || this.#closeInFlight !== null
  }

  abort(reason: unknown): Promise<undefined> {
    if (this.status === 'closed' || this.status === 'errored') return promiseResolve(undefined)
    this.controller.signalAbort(reason)
    // The signal's listeners may have changed it.
    const status = this.status as WritableState['status']
    if (status === 'closed' || status === 'errored') return promiseResolve(undefined)
    if (this.#abort !== null) return this.#abort.answer.promise
    const wasErroring = status === 'erroring'
    const answer = new Deferred<undefined>()
    this.#abort = { answer, reason: wasErroring ? undefined : reason, wasErroring }
    if (!wasErroring) this.startErroring(reason)
    return answer.promise
  }

  close(): Promise<undefined> {
    if (this.status === 'closed' || this.status === 'errored')
      return promiseReject(new TypeError('Cannot close: the stream is closed or has failed'))
    if (this.isClosing) return promiseReject(new TypeError('Cannot close: the stream is being closed'))
    const close = new Deferred<undefined>()
    this.#close = close
    if (this.hasBackpressure && this.status === 'writable') this.writer?.noteReady()
    this.controller.close()
    return close.promise
  }

  addWrite(): Promise<undefined> {
    const write = new WriteRequest()
    this.#writes.add(write)
    return write.promise
  }

  setBackpressure(hasBackpressure: boolean): void {
    if (hasBackpressure !== this.hasBackpressure) this.writer?.noteBackpressure(hasBackpressure)
    this.hasBackpressure = hasBackpressure
  }

  /** The sink, or what leads to it, has failed. */
  dealWithRejection(reason: unknown): void {
    if (this.status === 'writable') this.startErroring(reason)
    else this.finishErroring()
  }

  startErroring(reason: unknown): void {
    this.status = 'erroring'
    this.storedError = reason
    this.writer?.rejectReady(reason)
    if (!this.#isSinkBusy && this.controller.isStarted) this.finishErroring()
  }

  /** The sink does nothing any more. */
  finishErroring(): void {
    this.status = 'errored'
    this.controller.clearQueue()
    const { storedError } = this
    for (let write = this.#writes.takeAll(); write !== null; write = write.next) write.reject(storedError)
    const abort = this.#abort
    this.#abort = null
    if (abort === null) {
      this.#rejectClose()
      return
    }
    if (abort.wasErroring) {
      abort.answer.reject(storedError)
      this.#rejectClose()
      return
    }
    whenSettled(
      this.controller.abort(abort.reason),
      () => {
        abort.answer.resolve(undefined)
        this.#rejectClose()
      },
      (reason) => {
        abort.answer.reject(reason)
        this.#rejectClose()
      },
    )
  }

  #rejectClose(): void {
    this.#close?.reject(this.storedError)
    this.#close = null
    this.writer?.rejectClosed(this.storedError)
  }

  beginWrite(): void {
    this.#writeInFlight = this.#writes.take()
  }

  finishWrite(): void {
    this.#writeInFlight!.resolve(undefined)
    this.#writeInFlight = null
  }

  failWrite(reason: unknown): void {
    this.#writeInFlight!.reject(reason)
    this.#writeInFlight = null
    this.dealWithRejection(reason)
  }

  beginClose(): void {
    this.#closeInFlight = this.#close
    this.#close = null
  }

  finishClose(): void {
    this.#closeInFlight!.resolve(undefined)
    this.#closeInFlight = null
    if (this.status === 'erroring') {
      // The error came too late to be one.
      this.storedError = undefined
      this.#abort?.answer.resolve(undefined)
      this.#abort = null
    }
    this.status = 'closed'
    this.writer?.noteClosed()
  }

  failClose(reason: unknown): void {
    this.#closeInFlight!.reject(reason)
    this.#closeInFlight = null
    this.#abort?.answer.reject(reason)
    this.#abort = null
    this.dealWithRejection(reason)
  }
}
