import type { AbortSignal } from '../event/abort-signal.ts'
import { Deferred } from '../language/deferred.ts'
import { promiseThen, TypeError } from '../primordials.ts'
import { ignore, inMicrotask, settled, whenRejected, whenSettled } from './promise-steps.ts'
import type { ReadableState, ReadRequest } from './readable-state.ts'
import { ReaderState } from './reader-state.ts'
import type { WritableState } from './writable-state.ts'
import { WriterState } from './writer-state.ts'

/** What a pipe does not do at its end, and what ends it. */
export interface PipeRules {
  readonly preventsAbort: boolean
  readonly preventsCancel: boolean
  readonly preventsClose: boolean
  readonly signal: AbortSignal | undefined
}

/** Moves all chunks of one stream into another, and ends the one when the other ends. Both must be unlocked. */
export function pipe(
  source: ReadableState,
  destination: WritableState,
  rules: PipeRules,
): Promise<undefined> {
  const run = new Pipe(source, destination, rules)
  run.start()
  return run.answer.promise
}

class Pipe implements ReadRequest {
  next: ReadRequest | null = null
  readonly answer = new Deferred<undefined>()
  readonly #source: ReadableState
  readonly #destination: WritableState
  readonly #rules: PipeRules
  readonly #reader: ReaderState
  readonly #writer: WriterState
  #isShuttingDown = false
  /** Settles when the last chunk is written. Never rejects. */
  #lastWrite: Promise<unknown> = settled
  #forgetSignal: () => void = ignore

  constructor(source: ReadableState, destination: WritableState, rules: PipeRules) {
    this.#source = source
    this.#destination = destination
    this.#rules = rules
    this.#reader = new ReaderState(source, false)
    this.#writer = new WriterState(destination)
    source.isDisturbed = true
  }

  start(): void {
    const { signal } = this.#rules
    if (signal !== undefined) {
      if (require('../event/abort-signal.ts').isAborted(signal)) {
        this.#abort(signal)
        return
      }
      this.#forgetSignal = require('../event/abort-signal.ts').onAbort(signal, () => this.#abort(signal))
    }
    this.#watchSource()
    this.#watchDestination()
    this.#readNext()
  }

  #watchSource(): void {
    const source = this.#source
    const onFailed = (reason: unknown): void =>
      this.#shutDown(this.#rules.preventsAbort ? null : () => this.#destination.abort(reason), { reason })
    const onClosed = (): void =>
      this.#shutDown(this.#rules.preventsClose ? null : () => this.#writer.closeOnce(), null)
    if (source.status === 'errored') onFailed(source.storedError)
    else if (source.status === 'closed') onClosed()
    else whenSettled(this.#reader.closed, onClosed, onFailed)
  }

  #watchDestination(): void {
    const destination = this.#destination
    const onFailed = (reason: unknown): void =>
      this.#shutDown(this.#rules.preventsCancel ? null : () => this.#source.cancel(reason), { reason })
    if (destination.status === 'errored') onFailed(destination.storedError)
    else if (destination.isClosing || destination.status === 'closed')
      onFailed(new TypeError('Cannot pipe: the destination was closed before all was written'))
    else whenRejected(this.#writer.closed, onFailed)
  }

  #readNext(): void {
    if (this.#isShuttingDown) return
    whenSettled(
      this.#writer.ready,
      () => {
        if (!this.#isShuttingDown) this.#reader.read(this)
      },
      ignore,
    )
  }

  onChunk(chunk: unknown): void {
    // A microtask later: what enqueues must not find itself in the sink's code.
    inMicrotask(() => {
      this.#lastWrite = promiseThen(this.#writer.write(chunk), ignore, ignore)
      this.#readNext()
    })
  }

  onClose(): void {
    // The reader's `closed` says the same.
  }

  onError(): void {
    // As above.
  }

  #abort(signal: AbortSignal): void {
    const reason = require('../event/abort-signal.ts').reasonOf(signal)
    this.#shutDown(
      () => {
        const { preventsAbort, preventsCancel } = this.#rules
        const destination = this.#destination
        const aborts = !preventsAbort && destination.status === 'writable'
        const aborted = aborts ? destination.abort(reason) : settled
        const source = this.#source
        const cancels = !preventsCancel && source.status === 'readable'
        return both(aborted, cancels ? source.cancel(reason) : settled)
      },
      { reason },
    )
  }

  /** Once all chunks that were read are written, `action` is taken, and the pipe ends; with `failure`, if there is one. */
  #shutDown(action: (() => Promise<unknown>) | null, failure: Failure | null): void {
    if (this.#isShuttingDown) return
    this.#isShuttingDown = true
    const destination = this.#destination
    const end = (): void => this.#takeAction(action, failure)
    if (destination.status === 'writable' && !destination.isClosing) this.#afterWrites(end)
    else end()
  }

  #afterWrites(then: () => void): void {
    const lastWrite = this.#lastWrite
    void promiseThen(lastWrite, () => {
      if (lastWrite === this.#lastWrite) then()
      else this.#afterWrites(then)
    })
  }

  #takeAction(action: (() => Promise<unknown>) | null, failure: Failure | null): void {
    if (action === null) {
      this.#finish(failure)
      return
    }
    whenSettled(
      action(),
      () => this.#finish(failure),
      (reason) => this.#finish({ reason }),
    )
  }

  #finish(failure: Failure | null): void {
    this.#writer.release()
    this.#reader.release()
    this.#forgetSignal()
    if (failure === null) this.answer.resolve(undefined)
    else this.answer.reject(failure.reason)
  }
}

interface Failure {
  readonly reason: unknown
}

/** Settles when both have, or one has failed. */
function both(one: Promise<unknown>, other: Promise<unknown>): Promise<unknown> {
  const answer = new Deferred<unknown>()
  whenSettled(one, () => whenSettled(other, answer.resolve, ignore), answer.reject)
  whenRejected(other, answer.reject)
  return answer.promise
}
