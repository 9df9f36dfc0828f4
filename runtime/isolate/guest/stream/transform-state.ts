import { Deferred } from '../language/deferred.ts'
import { promiseThen, TypeError } from '../primordials.ts'
import { resolveWith, settled, whenFulfilled, whenSettled } from './promise-steps.ts'
import { ReadableControllerState } from './readable-controller-state.ts'
import { ReadableState } from './readable-state.ts'
import type { Strategy } from './strategy.ts'
import { WritableControllerState } from './writable-controller-state.ts'
import { WritableState } from './writable-state.ts'

/** What becomes of chunks on their way. None throws. */
export interface Transformer {
  transform(chunk: unknown): Promise<unknown>
  flush(): Promise<unknown>
  cancel(reason: unknown): Promise<unknown>
}

/** What becomes of the side that did not begin the end. */
interface Ending {
  readonly other: ReadableState | WritableState
  onDone(): void
  onFailed(reason: unknown): void
}

/** The Streams standard's transform stream: what is written to one side can be read, transformed, from the other. */
export class TransformState {
  readonly readable = new ReadableState()
  readonly writable = new WritableState()
  readonly #source: ReadableControllerState
  /** null = never called again. */
  #transformer: Transformer | null
  #hasBackpressure = true
  #backpressureChange = new Deferred<undefined>()
  /** Settles when the transformer has done its last; null = it has not begun that. */
  #finish: Deferred<undefined> | null = null

  constructor(transformer: Transformer, writableStrategy: Strategy, readableStrategy: Strategy) {
    this.#transformer = transformer
    const sink = {
      write: (chunk: unknown) => this.#write(chunk),
      close: () => this.#close(),
      abort: (reason: unknown) => this.#abort(reason),
    }
    const source = {
      pull: () => this.#pull(),
      cancel: (reason: unknown) => this.#cancel(reason),
    }
    new WritableControllerState(this.writable, sink, writableStrategy)
    this.#source = new ReadableControllerState(this.readable, source, readableStrategy)
  }

  /** Takes and asks for chunks from when `started` is settled. */
  start(started: Promise<unknown>): void {
    this.writable.controller.start(started)
    this.#source.start(started)
  }

  get desiredSize(): number | null {
    return this.#source.desiredSize
  }

  /** @throws TypeError if nobody can read it any more; what the strategy's `size` throws. */
  enqueue(chunk: unknown): void {
    const source = this.#source
    if (!source.canEnqueue) throw new TypeError('Cannot enqueue: the stream is closed or has failed')
    try {
      source.enqueue(chunk)
    } catch (thrown) {
      this.#failWritable(thrown)
      throw this.readable.storedError
    }
    if (!source.shouldPull && !this.#hasBackpressure) this.#setBackpressure(true)
  }

  /** Waits until somebody wants more of what is enqueued. False = nobody ever will. */
  async whenWanted(): Promise<boolean> {
    if (this.#hasBackpressure) await this.#backpressureChange.promise
    return this.#source.canEnqueue
  }

  fail(reason: unknown): void {
    this.#source.fail(reason)
    this.#failWritable(reason)
  }

  /** No more comes, and nothing more is taken. */
  terminate(): void {
    this.#source.close()
    this.#failWritable(new TypeError('Cannot write: the transform stream was terminated'))
  }

  #failWritable(reason: unknown): void {
    this.#transformer = null
    this.writable.controller.failIfWritable(reason)
    this.#unblockWrite()
  }

  #unblockWrite(): void {
    if (this.#hasBackpressure) this.#setBackpressure(false)
  }

  #setBackpressure(hasBackpressure: boolean): void {
    this.#backpressureChange.resolve(undefined)
    this.#backpressureChange = new Deferred()
    this.#hasBackpressure = hasBackpressure
  }

  #write(chunk: unknown): Promise<unknown> {
    if (!this.#hasBackpressure) return this.#transform(chunk)
    const written = new Deferred<unknown>()
    whenFulfilled(this.#backpressureChange.promise, () => {
      if (this.writable.status === 'erroring') written.reject(this.writable.storedError)
      else resolveWith(written, this.#transform(chunk))
    })
    return written.promise
  }

  #transform(chunk: unknown): Promise<unknown> {
    return promiseThen(this.#transformer!.transform(chunk), undefined, (reason) => {
      this.fail(reason)
      throw reason
    })
  }

  #pull(): Promise<unknown> {
    this.#setBackpressure(false)
    return this.#backpressureChange.promise
  }

  #close(): Promise<unknown> {
    return this.#finishBy((transformer) => transformer.flush(), {
      other: this.readable,
      onDone: () => this.#source.close(),
      onFailed: (reason) => this.#source.fail(reason),
    })
  }

  #abort(reason: unknown): Promise<unknown> {
    return this.#finishBy((transformer) => transformer.cancel(reason), {
      other: this.readable,
      onDone: () => this.#source.fail(reason),
      onFailed: (thrown) => this.#source.fail(thrown),
    })
  }

  #cancel(reason: unknown): Promise<unknown> {
    const failWritable = (cause: unknown): void => {
      this.writable.controller.failIfWritable(cause)
      this.#unblockWrite()
    }
    return this.#finishBy((transformer) => transformer.cancel(reason), {
      other: this.writable,
      onDone: () => failWritable(reason),
      onFailed: failWritable,
    })
  }

  /** Lets the transformer do its last, once, and then ends the other side. */
  #finishBy(
    last: (transformer: Transformer) => Promise<unknown>,
    { other, onDone, onFailed }: Ending,
  ): Promise<unknown> {
    if (this.#finish !== null) return this.#finish.promise
    const finish = new Deferred<undefined>()
    this.#finish = finish
    // There is none if the stream failed or was terminated before.
    const finished = this.#transformer === null ? settled : last(this.#transformer)
    this.#transformer = null
    whenSettled(
      finished,
      () => {
        if (other.status === 'errored') {
          finish.reject(other.storedError)
          return
        }
        onDone()
        finish.resolve(undefined)
      },
      (reason) => {
        onFailed(reason)
        finish.reject(reason)
      },
    )
    return finish.promise
  }
}
