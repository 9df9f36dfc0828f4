import { tagClass } from '../boot/class-tag.ts'
import { needArguments, toDictionary } from '../language/web-idl.ts'
import { registerTransferable } from '../messaging/clone-registry.ts'
import { asyncIterator, defineProperty, promiseReject, TypeError } from '../primordials.ts'
import type { ReadableStreamBYOBReader } from './byob-reader.ts'
import { ReadableStreamDefaultReader } from './default-reader.ts'
import { internal, rejectIllegal } from './internal.ts'
import type { PipeOptions } from './pipe-arguments.ts'
import type { ReadableStreamAsyncIterator } from './readable-iterator.ts'
import { ReadableState } from './readable-state.ts'
import type { QueuingStrategy } from './strategy.ts'
import { setUpReadable, type UnderlyingSource } from './underlying-source.ts'

export let isReadableStream: (value: unknown) => value is ReadableStream
/** Throws a TypeError if it is no `ReadableStream`. */
export let readableStateOf: (value: unknown) => ReadableState

/** The Streams standard's `ReadableStream`. */
export class ReadableStream {
  readonly #state: ReadableState

  constructor(
    source: UnderlyingSource | undefined = undefined,
    strategy: QueuingStrategy | undefined = undefined,
  ) {
    if (source === internal) {
      this.#state = strategy as unknown as ReadableState
      return
    }
    this.#state = new ReadableState()
    setUpReadable(this.#state, source, strategy)
  }

  static from(items: unknown): ReadableStream {
    needArguments(arguments.length, 1, 'make a stream')
    return wrapReadable(require('../stream/readable-from.ts').readableFrom(items))
  }

  get locked(): boolean {
    return this.#state.isLocked
  }

  cancel(reason: unknown = undefined): Promise<undefined> {
    if (!isReadableStream(this)) return rejectIllegal()
    if (this.#state.isLocked) return promiseReject(new TypeError('Cannot cancel: the stream is locked'))
    return this.#state.cancel(reason)
  }

  getReader(
    options: { readonly mode?: unknown } | undefined = undefined,
  ): ReadableStreamDefaultReader | ReadableStreamBYOBReader {
    // One that is no stream is refused before its options are read.
    void this.#state
    const { mode } = toDictionary(options)
    if (mode === undefined) return new ReadableStreamDefaultReader(this)
    const text = `${mode as string}`
    if (text !== 'byob') throw new TypeError(`Cannot read: mode is ${text}, must be "byob" or left out`)
    return new (require('../stream/byob-reader.ts').ReadableStreamBYOBReader)(this)
  }

  pipeThrough(transform: object, options: PipeOptions | undefined = undefined): ReadableStream {
    needArguments(arguments.length, 1, 'pipe')
    return require('../stream/pipe-arguments.ts').pipeThrough(this.#state, transform, options)
  }

  pipeTo(destination: unknown, options: PipeOptions | undefined = undefined): Promise<undefined> {
    if (!isReadableStream(this)) return rejectIllegal()
    try {
      return require('../stream/pipe-arguments.ts').pipeTo(this.#state, destination, options)
    } catch (thrown) {
      return promiseReject(thrown)
    }
  }

  tee(): ReadableStream[] {
    const branches = require('../stream/tee.ts').teeReadable(this.#state, false)
    return [wrapReadable(branches[0]), wrapReadable(branches[1])]
  }

  values(options: { readonly preventCancel?: unknown } | undefined = undefined): ReadableStreamAsyncIterator {
    const state = this.#state
    const { preventCancel } = toDictionary(options)
    return new (require('../stream/readable-iterator.ts').ReadableStreamAsyncIterator)(state, !!preventCancel)
  }

  static {
    isReadableStream = (value): value is ReadableStream =>
      typeof value === 'object' && value !== null && #state in value
    readableStateOf = (value) => {
      if (isReadableStream(value)) return value.#state
      throw new TypeError('Cannot read: not a ReadableStream')
    }
  }
}

tagClass(ReadableStream, 'ReadableStream')
defineProperty(ReadableStream.prototype, asyncIterator, {
  __proto__: null,
  value: ReadableStream.prototype.values,
  writable: true,
  configurable: true,
} as PropertyDescriptor)
registerTransferable({
  is: isReadableStream,
  isDetached: (stream) => readableStateOf(stream).isLocked,
  transfer: (stream) => require('../stream/transferred-stream.ts').transferReadable(stream as ReadableStream),
})

/** The stream that guests hold, for a state that has none yet. */
export function wrapReadable(state: ReadableState): ReadableStream {
  return new ReadableStream(internal as UnderlyingSource, state as unknown as QueuingStrategy)
}
