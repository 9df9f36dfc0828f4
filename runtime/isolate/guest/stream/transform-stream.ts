import { tagClass } from '../boot/class-tag.ts'
import { Deferred } from '../language/deferred.ts'
import { checkObject } from './guest-arguments.ts'
import { type GivenTransformer, GuestTransformer } from './guest-transformer.ts'
import { internal } from './internal.ts'
import { resolveWith } from './promise-steps.ts'
import { type ReadableStream, wrapReadable } from './readable-stream.ts'
import { checkStrategy, type QueuingStrategy, readStrategy } from './strategy.ts'
import { TransformStreamDefaultController } from './transform-controller.ts'
import { TransformState } from './transform-state.ts'
import { type WritableStream, wrapWritable } from './writable-stream.ts'

/** The Streams standard's `TransformStream`. */
export class TransformStream {
  readonly #readable: ReadableStream
  readonly #writable: WritableStream

  constructor(
    transformer: GivenTransformer | undefined = undefined,
    writableStrategy: QueuingStrategy | undefined = undefined,
    readableStrategy: QueuingStrategy | undefined = undefined,
  ) {
    checkObject(transformer, 'transformer')
    const givenWritable = readStrategy(writableStrategy)
    const givenReadable = readStrategy(readableStrategy)
    const guest = new GuestTransformer(transformer)
    const readable = checkStrategy(givenReadable, 0)
    const state = new TransformState(guest, checkStrategy(givenWritable, 1), readable)
    const answer = new Deferred<undefined>()
    const started = new Deferred<undefined>()
    resolveWith(started, answer.promise)
    state.start(started.promise)
    this.#readable = wrapReadable(state.readable)
    this.#writable = wrapWritable(state.writable)
    guest.state = state
    guest.controller = new TransformStreamDefaultController(internal, state)
    answer.resolve(guest.start() as undefined)
  }

  get readable(): ReadableStream {
    return this.#readable
  }

  get writable(): WritableStream {
    return this.#writable
  }
}

tagClass(TransformStream, 'TransformStream')
