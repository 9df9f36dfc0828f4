import { tagClass } from '../boot/class-tag.ts'
import { needArguments } from '../language/web-idl.ts'
import { TypeError } from '../primordials.ts'
import { ReadableStreamBYOBRequest } from './byob-request.ts'
import { ByteControllerState } from './byte-controller-state.ts'
import { checkInternal, internal } from './internal.ts'
import { rangeOf } from './pull-into.ts'
import { checkEnqueue } from './readable-controller-state.ts'
import type { ReadableState } from './readable-state.ts'
import type { GuestSource } from './underlying-source.ts'

/** The Streams standard's `ReadableByteStreamController`: what the functions of a byte source are given. */
export class ReadableByteStreamController {
  readonly #state: ByteControllerState

  constructor(key: unknown = undefined, state: ByteControllerState | undefined = undefined) {
    checkInternal(key)
    this.#state = state!
  }

  get byobRequest(): ReadableStreamBYOBRequest | null {
    const { offered } = this.#state
    if (offered === null) return null
    offered.request ??= new ReadableStreamBYOBRequest(internal, offered)
    return offered.request as ReadableStreamBYOBRequest
  }

  get desiredSize(): number | null {
    return this.#state.desiredSize
  }

  close(): void {
    checkEnqueue(this.#state, 'close')
    this.#state.close()
  }

  enqueue(chunk: unknown): void {
    const state = this.#state
    needArguments(arguments.length, 1, 'enqueue')
    const range = rangeOf(chunk)
    if (range.byteLength === 0) throw new TypeError('Cannot enqueue: the chunk is empty')
    checkEnqueue(state, 'enqueue')
    state.enqueue(range)
  }

  error(reason: unknown = undefined): void {
    this.#state.fail(reason)
  }
}

tagClass(ReadableByteStreamController, 'ReadableByteStreamController')

/** Gives a new byte stream its controller, and starts its source. */
export function setUpBytes(stream: ReadableState, source: GuestSource, highWaterMark: number): void {
  const { autoAllocateChunkSize } = source
  if (autoAllocateChunkSize === 0)
    throw new TypeError('Cannot make a byte stream: autoAllocateChunkSize is 0, must be at least 1')
  const controller = new ByteControllerState(stream, source, highWaterMark, autoAllocateChunkSize)
  source.controller = new ReadableByteStreamController(internal, controller)
  controller.start(source.start())
}
