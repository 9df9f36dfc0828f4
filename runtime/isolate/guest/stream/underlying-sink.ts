import { toDictionary } from '../language/web-idl.ts'
import { apply, RangeError } from '../primordials.ts'
import { checkObject, type GuestMethod, readMethod } from './guest-arguments.ts'
import { internal } from './internal.ts'
import { callForPromise, resolvedWith, settled } from './promise-steps.ts'
import { checkStrategy, type QueuingStrategy, readStrategy } from './strategy.ts'
import { WritableStreamDefaultController } from './writable-controller.ts'
import { WritableControllerState, type WritableSink } from './writable-controller-state.ts'
import type { WritableState } from './writable-state.ts'

/** What `new WritableStream(sink)` takes, as guests give it. */
export interface UnderlyingSink {
  readonly abort?: unknown
  readonly close?: unknown
  readonly start?: unknown
  readonly type?: unknown
  readonly write?: unknown
}

/** An `UnderlyingSink` of which each member was read once, in the order of Web IDL. */
class GuestSink implements WritableSink {
  /** What its functions are given. Set before they are called. */
  controller: object | null = null
  /** What they are called on. */
  readonly #self: unknown
  readonly #abort: GuestMethod | null
  readonly #close: GuestMethod | null
  readonly #start: GuestMethod | null
  readonly #write: GuestMethod | null

  constructor(self: UnderlyingSink | undefined) {
    const holder = toDictionary(self)
    this.#self = self
    this.#abort = readMethod(holder, 'abort')
    this.#close = readMethod(holder, 'close')
    this.#start = readMethod(holder, 'start')
    const { type } = holder
    this.#write = readMethod(holder, 'write')
    if (type !== undefined)
      throw new RangeError('Cannot make a stream: the sink has a type, of which there are none yet')
  }

  /** @throws what `start` throws. */
  start(): Promise<unknown> {
    if (this.#start === null) return settled
    return resolvedWith(apply(this.#start, this.#self, [this.controller]))
  }

  write(chunk: unknown): Promise<unknown> {
    return this.#write === null ? settled : callForPromise(this.#write, this.#self, [chunk, this.controller])
  }

  close(): Promise<unknown> {
    return this.#close === null ? settled : callForPromise(this.#close, this.#self, [])
  }

  abort(reason: unknown): Promise<unknown> {
    return this.#abort === null ? settled : callForPromise(this.#abort, this.#self, [reason])
  }
}

/**
 * Gives a new stream its controller, and starts its sink.
 *
 * @throws what the standard has for arguments that make no sense; what the sink's `start` throws.
 */
export function setUpWritable(
  stream: WritableState,
  underlying: UnderlyingSink | undefined,
  given: QueuingStrategy | undefined,
): void {
  checkObject(underlying, 'sink')
  const strategy = readStrategy(given)
  const sink = new GuestSink(underlying)
  const controller = new WritableControllerState(stream, sink, checkStrategy(strategy, 1))
  sink.controller = new WritableStreamDefaultController(internal, controller)
  controller.start(sink.start())
}
