import {
  ArrayBuffer,
  arrayBufferByteLength,
  arrayBufferDetached,
  arrayBufferTransfer,
  RangeError,
  TypeError,
  typedArrayName,
  Uint8Array,
} from '../primordials.ts'
import { ByteQueue } from './byte-queue.ts'
import { Fifo } from './fifo.ts'
import {
  elementSizeOf,
  filledView,
  newPullInto,
  newView,
  type PullInto,
  rangeOf,
  type ViewRange,
} from './pull-into.ts'
import { PullingController, type ReadableSource } from './pulling-controller.ts'
import type { ReadableController, ReadableState, ReadRequest } from './readable-state.ts'
import { type OfferedBuffer, WaitingBuffers } from './waiting-buffers.ts'

/** The Streams standard's byte controller: bytes that wait for readers, and buffers of readers that wait for bytes. */
export class ByteControllerState extends PullingController implements ReadableController {
  readonly isBytes = true
  readonly #queue = new ByteQueue()
  readonly #waiting = new WaitingBuffers()
  readonly #autoAllocateChunkSize: number | undefined

  constructor(
    stream: ReadableState,
    source: ReadableSource,
    highWaterMark: number,
    autoAllocateChunkSize?: number,
  ) {
    super(stream, source, highWaterMark)
    this.#autoAllocateChunkSize = autoAllocateChunkSize
    stream.controller = this
  }

  protected get queuedSize(): number {
    return this.#queue.totalSize
  }

  protected get isWaitedFor(): boolean {
    return this.stream.reader !== null && this.stream.reader.requests.first !== null
  }

  protected clearQueue(): void {
    this.#waiting.clear()
    this.#queue.clear()
  }

  /** Whether a reader's buffer waits to be filled. */
  get hasWaiting(): boolean {
    return this.#waiting.first !== null
  }

  /** The buffer that the source may fill now. */
  get offered(): OfferedBuffer | null {
    return this.#waiting.offerTo(this)
  }

  /** @throws TypeError if a buffer is filled in part, up to the middle of an element. The stream has failed then. */
  close(): void {
    if (!this.canEnqueue) return
    this.isCloseRequested = true
    if (this.#queue.totalSize > 0) return
    const first = this.#waiting.first
    if (first !== null && first.bytesFilled % first.elementSize !== 0) throw this.#failPartial()
    this.end()
  }

  #failPartial(): TypeError {
    const reason = new TypeError('Cannot close: a buffer is filled up to the middle of an element')
    this.fail(reason)
    return reason
  }

  /**
   * Takes the view's buffer, whoever holds it. Nothing happens if it takes no more.
   *
   * @throws TypeError if the buffer, or one that waits, is detached or cannot be transferred.
   */
  enqueue({ buffer, byteOffset, byteLength }: ViewRange): void {
    if (!this.canEnqueue) return
    const own = arrayBufferTransfer(buffer)
    const first = this.#waiting.first
    if (first !== null) {
      if (arrayBufferDetached(first.buffer))
        throw new TypeError('Cannot enqueue: the buffer of the current request is detached')
      this.#waiting.withdraw()
      first.buffer = arrayBufferTransfer(first.buffer)
      if (first.reader === 'none') this.#queueRest(first)
    }
    const { reader } = this.stream
    if (reader?.isByob === false) {
      this.#serveReads()
      if (reader.requests.first === null) {
        this.#queue.add(own, byteOffset, byteLength)
      } else {
        // A buffer that was made for it is not needed.
        if (this.#waiting.first !== null) this.#waiting.take()
        reader.requests.take().onChunk(new Uint8Array(own, byteOffset, byteLength))
      }
    } else {
      this.#queue.add(own, byteOffset, byteLength)
      if (reader !== null) this.#fillWaiting()
    }
    this.pullIfNeeded()
  }

  /** What nobody waits for any more, but was filled in part, becomes a chunk. */
  #queueRest({ buffer, byteOffset, bytesFilled }: PullInto): void {
    if (bytesFilled > 0) this.#queue.addCopy(buffer, byteOffset, bytesFilled)
    this.#waiting.take()
  }

  #serveReads(): void {
    const { requests } = this.stream.reader!
    while (requests.first !== null && this.#queue.totalSize > 0) this.#serve(requests.take())
  }

  #serve(request: ReadRequest): void {
    const bytes = this.#queue.take()
    this.#endIfDrained()
    request.onChunk(bytes)
  }

  #endIfDrained(): void {
    if (this.isCloseRequested && this.#queue.totalSize === 0) this.end()
    else this.pullIfNeeded()
  }

  /** Fills buffers that wait, and gives back those that have enough. */
  #fillWaiting(): void {
    this.#giveBackAll(this.#waiting.takeFilled(this.#queue))
  }

  #giveBackAll(filled: Fifo<PullInto>): void {
    while (filled.first !== null) this.#giveBack(filled.take())
  }

  #giveBack(pullInto: PullInto): void {
    const view = filledView(pullInto)
    const request = this.stream.reader!.requests.take()
    if (this.stream.status === 'closed') request.onClose(view)
    else request.onChunk(view)
  }

  pull(request: ReadRequest): void {
    if (this.#queue.totalSize > 0) {
      this.#serve(request)
      return
    }
    const byteLength = this.#autoAllocateChunkSize
    if (byteLength !== undefined) {
      let buffer: ArrayBuffer
      try {
        buffer = new ArrayBuffer(byteLength)
      } catch (thrown) {
        request.onError(thrown)
        return
      }
      const range = { buffer, byteOffset: 0, byteLength }
      this.#waiting.add(newPullInto(range, 'Uint8Array', 1, 'default'))
    }
    this.stream.reader!.requests.add(request)
    this.pullIfNeeded()
  }

  /** Fills a reader's buffer, with at least `minimum` elements unless the stream ends. */
  pullInto(view: ArrayBufferView, minimum: number, request: ReadRequest): void {
    const viewName = typedArrayName(view)
    let pullInto: PullInto
    try {
      const { buffer, byteOffset, byteLength } = rangeOf(view)
      const own = { buffer: arrayBufferTransfer(buffer), byteOffset, byteLength }
      pullInto = newPullInto(own, viewName, minimum * elementSizeOf(viewName), 'byob')
    } catch (thrown) {
      request.onError(thrown)
      return
    }
    if (this.#waiting.first !== null) {
      this.#wait(pullInto, request)
      return
    }
    if (this.stream.status === 'closed') {
      request.onClose(newView(viewName, pullInto.buffer, pullInto.byteOffset, 0))
      return
    }
    if (this.#queue.totalSize > 0) {
      if (this.#queue.fillUp(pullInto)) {
        const filled = filledView(pullInto)
        this.#endIfDrained()
        request.onChunk(filled)
        return
      }
      if (this.isCloseRequested) {
        request.onError(this.#failPartial())
        return
      }
    }
    this.#wait(pullInto, request)
    this.pullIfNeeded()
  }

  #wait(pullInto: PullInto, request: ReadRequest): void {
    this.#waiting.add(pullInto)
    this.stream.reader!.requests.add(request)
  }

  /**
   * The source has written into the offered buffer, which must be there.
   *
   * @throws TypeError or RangeError if there cannot be that many bytes in it.
   */
  respond(byteCount: number): void {
    const first = this.#waiting.first!
    this.#checkCount(byteCount)
    if (first.bytesFilled + byteCount > first.byteLength)
      throw new RangeError(`Cannot respond: ${byteCount} bytes do not fit into the buffer`)
    first.buffer = arrayBufferTransfer(first.buffer)
    this.#respond(first, byteCount)
  }

  /**
   * The same, in another buffer that the source got by transferring the offered one.
   *
   * @throws TypeError or RangeError if it cannot be that.
   */
  respondWithNewView(view: ViewRange): void {
    const first = this.#waiting.first!
    const { buffer, byteOffset, byteLength } = view
    this.#checkCount(byteLength)
    if (
      first.byteOffset + first.bytesFilled !== byteOffset ||
      first.bufferByteLength !== arrayBufferByteLength(buffer) ||
      first.bytesFilled + byteLength > first.byteLength
    )
      throw new RangeError('Cannot respond: the view is not of the buffer that was offered')
    first.buffer = arrayBufferTransfer(buffer)
    this.#respond(first, byteLength)
  }

  #checkCount(byteCount: number): void {
    if (this.stream.status === 'closed') {
      if (byteCount !== 0) throw new TypeError('Cannot respond: the stream is closed, must be with 0 bytes')
    } else if (byteCount === 0) {
      throw new TypeError('Cannot respond: 0 bytes, must be at least 1 while the stream is open')
    }
  }

  #respond(first: PullInto, byteCount: number): void {
    this.#waiting.withdraw()
    if (this.stream.status === 'closed') this.#giveBackEmpty(first)
    else this.#giveBackFilled(first, byteCount)
    this.pullIfNeeded()
  }

  #giveBackEmpty(first: PullInto): void {
    if (first.reader === 'none') this.#waiting.take()
    const { reader } = this.stream
    if (reader === null || !reader.isByob) return
    const filled = new Fifo<PullInto>()
    for (let request = reader.requests.first; request !== null; request = request.next)
      filled.add(this.#waiting.take())
    this.#giveBackAll(filled)
  }

  #giveBackFilled(first: PullInto, byteCount: number): void {
    first.bytesFilled += byteCount
    if (first.reader === 'none') {
      this.#queueRest(first)
      this.#fillWaiting()
      return
    }
    if (first.bytesFilled < first.minimumFill) return
    this.#waiting.take()
    const rest = first.bytesFilled % first.elementSize
    if (rest > 0) this.#queue.addCopy(first.buffer, first.byteOffset + first.bytesFilled - rest, rest)
    first.bytesFilled -= rest
    const filled = this.#waiting.takeFilled(this.#queue)
    this.#giveBack(first)
    this.#giveBackAll(filled)
  }

  release(): void {
    this.#waiting.abandon()
  }
}
