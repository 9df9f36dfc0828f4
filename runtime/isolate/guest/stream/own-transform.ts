import { promiseReject } from '../primordials.ts'
import { settled } from './promise-steps.ts'
import { type ReadableStream, wrapReadable } from './readable-stream.ts'
import { type Transformer, TransformState } from './transform-state.ts'
import { type WritableStream, wrapWritable } from './writable-stream.ts'

/** What a transform stream of the bootstrap's own does with chunks. `transform` and `flush` may throw. */
export interface ChunkWork {
  /** Enqueues what it makes of the chunk. A promise = the next chunk waits for it. */
  transform(chunk: unknown, output: TransformState): Promise<unknown> | undefined
  /** There are no more chunks. */
  flush(output: TransformState): Promise<unknown> | undefined
  /** Nobody reads on, or nobody writes on. */
  cancel(): void
}

/** The two ends of a transform stream, as guests hold them. */
export interface TransformEnds {
  readonly readable: ReadableStream
  readonly writable: WritableStream
}

/** A transform stream of the bootstrap's own: it takes a chunk when somebody waits for what is made of it. */
export function newTransform(work: ChunkWork): TransformEnds {
  const transformer = new OwnTransformer(work)
  const state = new TransformState(
    transformer,
    { highWaterMark: 1, sizeOf: null },
    { highWaterMark: 0, sizeOf: null },
  )
  transformer.state = state
  state.start(settled)
  return { readable: wrapReadable(state.readable), writable: wrapWritable(state.writable) }
}

class OwnTransformer implements Transformer {
  /** Set before it is called. */
  state!: TransformState
  readonly #work: ChunkWork

  constructor(work: ChunkWork) {
    this.#work = work
  }

  transform(chunk: unknown): Promise<unknown> {
    try {
      return this.#work.transform(chunk, this.state) ?? settled
    } catch (thrown) {
      return promiseReject(thrown)
    }
  }

  flush(): Promise<unknown> {
    try {
      return this.#work.flush(this.state) ?? settled
    } catch (thrown) {
      return promiseReject(thrown)
    }
  }

  cancel(): Promise<unknown> {
    this.#work.cancel()
    return settled
  }
}
