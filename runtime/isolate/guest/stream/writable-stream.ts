import { tagClass } from '../boot/class-tag.ts'
import { registerTransferable } from '../messaging/clone-registry.ts'
import { promiseReject, TypeError } from '../primordials.ts'
import { WritableStreamDefaultWriter } from './default-writer.ts'
import { internal, rejectIllegal } from './internal.ts'
import type { QueuingStrategy } from './strategy.ts'
import { setUpWritable, type UnderlyingSink } from './underlying-sink.ts'
import { WritableState } from './writable-state.ts'

let isWritableStream: (value: unknown) => value is WritableStream
/** Throws a TypeError if it is no `WritableStream`. */
export let writableStateOf: (value: unknown) => WritableState

/** The Streams standard's `WritableStream`. */
export class WritableStream {
  readonly #state: WritableState

  constructor(
    sink: UnderlyingSink | undefined = undefined,
    strategy: QueuingStrategy | undefined = undefined,
  ) {
    if (sink === internal) {
      this.#state = strategy as unknown as WritableState
      return
    }
    this.#state = new WritableState()
    setUpWritable(this.#state, sink, strategy)
  }

  get locked(): boolean {
    return this.#state.isLocked
  }

  abort(reason: unknown = undefined): Promise<undefined> {
    if (!isWritableStream(this)) return rejectIllegal()
    if (this.#state.isLocked) return promiseReject(new TypeError('Cannot abort: the stream is locked'))
    return this.#state.abort(reason)
  }

  close(): Promise<undefined> {
    if (!isWritableStream(this)) return rejectIllegal()
    if (this.#state.isLocked) return promiseReject(new TypeError('Cannot close: the stream is locked'))
    return this.#state.close()
  }

  getWriter(): WritableStreamDefaultWriter {
    void this.#state
    return new WritableStreamDefaultWriter(this)
  }

  static {
    isWritableStream = (value): value is WritableStream =>
      typeof value === 'object' && value !== null && #state in value
    writableStateOf = (value) => {
      if (isWritableStream(value)) return value.#state
      throw new TypeError('Cannot write: not a WritableStream')
    }
  }
}

tagClass(WritableStream, 'WritableStream')
registerTransferable({
  is: isWritableStream,
  isDetached: (stream) => writableStateOf(stream).isLocked,
  transfer: (stream) => require('../stream/transferred-stream.ts').transferWritable(stream as WritableStream),
})

/** The stream that guests hold, for a state that has none yet. */
export function wrapWritable(state: WritableState): WritableStream {
  return new WritableStream(internal as UnderlyingSink, state as unknown as QueuingStrategy)
}
