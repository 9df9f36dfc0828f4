import { tagClass } from '../boot/class-tag.ts'
import { copyBytes, isBufferSource } from '../language/bytes.ts'
import { ignoreRejection } from '../language/deferred.ts'
import {
  apply,
  asyncIterator,
  iterator,
  RangeError,
  TypeError,
  typedArrayByteLength,
} from '../primordials.ts'
import { ReadableStreamDefaultController } from './stream-controller.ts'
import { ReadableStreamDefaultReader, readLocked } from './stream-reader.ts'
import { StreamState } from './stream-state.ts'

/** What `new ReadableStream(source)` takes. */
export interface UnderlyingSource {
  start?(controller: ReadableStreamDefaultController): unknown
  pull?(controller: ReadableStreamDefaultController): unknown
  cancel?(reason: unknown): unknown
  type?: string
}

export interface QueuingStrategy {
  highWaterMark?: number
  size?(chunk: unknown): number
}

/** @throws TypeError if it is anything else. */
export let streamStateOf: (value: unknown) => StreamState
export let isReadableStream: (value: unknown) => value is ReadableStream

/** The Streams standard's `ReadableStream`, without byte streams and without pipes so far. */
export class ReadableStream {
  readonly #state: StreamState

  constructor(source: UnderlyingSource = {}, strategy: QueuingStrategy = {}) {
    if (source.type !== undefined) {
      throw new RangeError(`Cannot make a stream of type ${source.type}: must be left out`)
    }
    const size = strategy.size
    const highWaterMark = readHighWaterMark(strategy.highWaterMark)
    const state = new StreamState(highWaterMark, (chunk) => (size === undefined ? 1 : size(chunk)))
    this.#state = state
    const controller = new ReadableStreamDefaultController(state)
    const started = source.start?.(controller)
    void state.start(
      { pull: () => source.pull?.(controller), cancel: (reason) => source.cancel?.(reason) },
      started,
    )
  }

  static from(items: AsyncIterable<unknown> | Iterable<unknown>): ReadableStream {
    const asynchronous = (items as AsyncIterable<unknown>)[asyncIterator]
    const source: AsyncIterator<unknown> | Iterator<unknown> =
      asynchronous == null ? (items as Iterable<unknown>)[iterator]() : apply(asynchronous, items, [])
    return new ReadableStream(
      {
        async pull(controller) {
          const { value, done } = await source.next()
          if (done) controller.close()
          else controller.enqueue(await value)
        },
        async cancel(reason) {
          await source.return?.(reason)
        },
      },
      { highWaterMark: 0 },
    )
  }

  get locked(): boolean {
    return this.#state.lock !== null
  }

  async cancel(reason?: unknown): Promise<undefined> {
    if (this.#state.lock !== null) throw new TypeError('Cannot cancel: the stream is locked')
    return this.#state.cancel(reason)
  }

  getReader(options?: { mode?: undefined }): ReadableStreamDefaultReader {
    if (options?.mode !== undefined)
      throw new RangeError('Cannot read bytes into a buffer: the stream is no byte stream')
    return new ReadableStreamDefaultReader(this)
  }

  tee(): [ReadableStream, ReadableStream] {
    return require('../stream/stream-tee.ts').tee(this)
  }

  async *values(options?: { preventCancel?: boolean }): AsyncGenerator<unknown, undefined> {
    const reader = new ReadableStreamDefaultReader(this)
    let isEnded = false
    try {
      for (;;) {
        const { value, done } = await readLocked(reader)
        if (done) {
          isEnded = true
          return
        }
        yield value
      }
    } catch (reason) {
      isEnded = true
      throw reason
    } finally {
      if (!isEnded && options?.preventCancel !== true) await this.#state.cancel(undefined)
      reader.releaseLock()
    }
  }

  [asyncIterator](options?: { preventCancel?: boolean }): AsyncGenerator<unknown, undefined> {
    return this.values(options)
  }

  static {
    streamStateOf = (value) => {
      if (isReadableStream(value)) return value.#state
      throw new TypeError('Cannot read: not a ReadableStream')
    }
    isReadableStream = (value): value is ReadableStream =>
      typeof value === 'object' && value !== null && #state in value
  }
}

tagClass(ReadableStream, 'ReadableStream')

function readHighWaterMark(value: unknown): number {
  if (value === undefined) return 1
  const highWaterMark = +(value as number)
  if (!(highWaterMark >= 0)) {
    throw new RangeError(`Cannot make a stream: highWaterMark is ${highWaterMark}, must be 0 or more`)
  }
  return highWaterMark
}

export function isDisturbed(stream: ReadableStream): boolean {
  return streamStateOf(stream).isDisturbed
}

/** From now on it counts as read. */
export function disturb(stream: ReadableStream): void {
  streamStateOf(stream).isDisturbed = true
}

/** Whether it was read before, or is being read. */
export function isUnusable(stream: ReadableStream): boolean {
  const { isDisturbed, lock } = streamStateOf(stream)
  return isDisturbed || lock !== null
}

/** A stream that holds what `read` returns, asked for when it is first read. */
export function streamOf(read: () => Promise<Uint8Array>): ReadableStream {
  return new ReadableStream(
    {
      async pull(controller) {
        const bytes = await read()
        if (bytes.length > 0) controller.enqueue(bytes)
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/**
 * All chunks of a body, copied. `goesOn` is asked with the number of bytes so far after each; if it says no, or throws,
 * the stream is cancelled.
 *
 * @throws TypeError if a chunk is not bytes; what the stream fails with; what `goesOn` throws.
 */
export async function readToEnd(
  stream: ReadableStream,
  goesOn: (byteCount: number) => boolean = () => true,
): Promise<Uint8Array[]> {
  const reader = new ReadableStreamDefaultReader(stream)
  const chunks: Uint8Array[] = []
  let byteCount = 0
  try {
    for (;;) {
      const { value, done } = await readLocked(reader)
      if (done) return chunks
      if (!isBufferSource(value))
        throw new TypeError('Cannot read the body: a chunk of its stream is not bytes')
      const chunk = copyBytes(value)
      byteCount += typedArrayByteLength(chunk)
      if (!goesOn(byteCount)) return chunks
      chunks[chunks.length] = chunk
    }
  } finally {
    // Does nothing at the stream's own end.
    void ignoreRejection(streamStateOf(stream).cancel(undefined))
  }
}
