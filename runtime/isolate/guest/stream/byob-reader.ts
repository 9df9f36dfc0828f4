import { tagClass } from '../boot/class-tag.ts'
import { needArguments, toDictionary } from '../language/web-idl.ts'
import {
  arrayBufferByteLength,
  promiseReject,
  RangeError,
  TypeError,
  typedArrayLength,
  typedArrayName,
} from '../primordials.ts'
import type { ByteControllerState } from './byte-controller-state.ts'
import { PromisedRead, type ReadResult } from './default-reader.ts'
import { toCount } from './guest-arguments.ts'
import { rejectIllegal } from './internal.ts'
import { rangeOf } from './pull-into.ts'
import { checkUnlocked, type ReadableState, type ReadRequest } from './readable-state.ts'
import { type ReadableStream, readableStateOf } from './readable-stream.ts'
import { ReaderState } from './reader-state.ts'

interface ReadOptions {
  readonly min?: unknown
}

let isReader: (value: unknown) => value is ReadableStreamBYOBReader

/** The Streams standard's `ReadableStreamBYOBReader`: reads a byte stream into buffers of its own. */
export class ReadableStreamBYOBReader {
  readonly #state: ReaderState

  constructor(stream: ReadableStream) {
    needArguments(arguments.length, 1, 'make a reader')
    this.#state = openByobReader(readableStateOf(stream))
  }

  get closed(): Promise<undefined> {
    return isReader(this) ? this.#state.closed : rejectIllegal()
  }

  cancel(reason: unknown = undefined): Promise<undefined> {
    return isReader(this) ? this.#state.cancel(reason) : rejectIllegal()
  }

  read(view: ArrayBufferView, options: ReadOptions | undefined = undefined): Promise<ReadResult> {
    if (!isReader(this)) return rejectIllegal()
    const state = this.#state
    try {
      needArguments(arguments.length, 1, 'read')
      const minimum = checkView(view, options)
      if (state.stream === null) throw new TypeError('Cannot read: the reader has released its lock')
      const read = new ByobRead()
      readInto(state, view, minimum, read)
      return read.promise
    } catch (thrown) {
      return promiseReject(thrown)
    }
  }

  releaseLock(): void {
    if (this.#state.stream !== null) this.#state.release()
  }

  static {
    isReader = (value): value is ReadableStreamBYOBReader =>
      typeof value === 'object' && value !== null && #state in value
  }
}

tagClass(ReadableStreamBYOBReader, 'ReadableStreamBYOBReader')

/** One call of `read`: at the end of the stream the buffer comes back, empty. */
class ByobRead extends PromisedRead {
  override onClose(value?: ArrayBufferView): void {
    this.resolve({ value, done: true })
  }
}

/** @throws TypeError if the stream is locked, or no byte stream. */
export function openByobReader(stream: ReadableState): ReaderState {
  checkUnlocked(stream, 'read')
  if (!stream.controller.isBytes)
    throw new TypeError('Cannot read bytes into a buffer: the stream is no byte stream')
  return new ReaderState(stream, true)
}

/** Reads into the view's buffer, which is taken from whoever holds it. The lock must not be released. */
export function readInto(
  reader: ReaderState,
  view: ArrayBufferView,
  minimum: number,
  request: ReadRequest,
): void {
  const stream = reader.stream!
  stream.isDisturbed = true
  if (stream.status === 'errored') request.onError(stream.storedError)
  else (stream.controller as ByteControllerState).pullInto(view, minimum, request)
}

/**
 * How many elements are wanted at least.
 *
 * @throws TypeError or RangeError if the view cannot take them.
 */
function checkView(view: ArrayBufferView, options: ReadOptions | undefined): number {
  const { buffer, byteLength } = rangeOf(view)
  const { min } = toDictionary(options)
  const minimum = min === undefined ? 1 : toCount(min, 'min')
  if (byteLength === 0 || arrayBufferByteLength(buffer) === 0)
    throw new TypeError('Cannot read: the buffer is empty or detached')
  if (minimum === 0) throw new TypeError('Cannot read: min is 0, must be at least 1')
  const length = typedArrayName(view) === undefined ? byteLength : typedArrayLength(view)
  if (minimum > length) throw new RangeError(`Cannot read: min is ${minimum}, must be at most ${length}`)
  return minimum
}
