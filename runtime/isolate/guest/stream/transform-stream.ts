import { tagClass } from '../boot/class-tag.ts'
import { Deferred } from '../language/deferred.ts'
import { registerTransferable } from '../messaging/clone-registry.ts'
import { checkObject } from './guest-arguments.ts'
import { type GivenTransformer, GuestTransformer } from './guest-transformer.ts'
import { internal } from './internal.ts'
import type { TransformEnds } from './own-transform.ts'
import { resolveWith } from './promise-steps.ts'
import { type ReadableStream, readableStateOf, wrapReadable } from './readable-stream.ts'
import { checkStrategy, type QueuingStrategy, readStrategy } from './strategy.ts'
import { TransformStreamDefaultController } from './transform-controller.ts'
import { TransformState } from './transform-state.ts'
import { type WritableStream, wrapWritable, writableStateOf } from './writable-stream.ts'

let isTransformStream: (value: unknown) => value is TransformStream
let endsOf: (stream: TransformStream) => TransformEnds

/** The Streams standard's `TransformStream`. */
export class TransformStream {
  readonly #readable: ReadableStream
  readonly #writable: WritableStream

  constructor(
    transformer: GivenTransformer | undefined = undefined,
    writableStrategy: QueuingStrategy | undefined = undefined,
    readableStrategy: QueuingStrategy | undefined = undefined,
  ) {
    if (transformer === internal) {
      const { readable, writable } = writableStrategy as unknown as TransformEnds
      this.#readable = readable
      this.#writable = writable
      return
    }
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

  static {
    isTransformStream = (value): value is TransformStream =>
      typeof value === 'object' && value !== null && #readable in value
    endsOf = (stream) => ({ readable: stream.#readable, writable: stream.#writable })
  }
}

tagClass(TransformStream, 'TransformStream')
registerTransferable({
  is: isTransformStream,
  isDetached(stream) {
    const { readable, writable } = endsOf(stream as TransformStream)
    return readableStateOf(readable).isLocked || writableStateOf(writable).isLocked
  },
  transfer(stream) {
    const ends = require('../stream/transferred-stream.ts').transferEnds(endsOf(stream as TransformStream))
    return new TransformStream(internal as GivenTransformer, ends as unknown as QueuingStrategy)
  },
})
