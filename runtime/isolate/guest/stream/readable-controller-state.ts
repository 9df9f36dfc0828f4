import { TypeError } from '../primordials.ts'
import { PullingController, type ReadableSource } from './pulling-controller.ts'
import type { ReadableController, ReadableState, ReadRequest } from './readable-state.ts'
import { SizedQueue } from './sized-queue.ts'
import type { Strategy } from './strategy.ts'

/** The Streams standard's default controller: a queue of whatever chunks. */
export class ReadableControllerState extends PullingController implements ReadableController {
  readonly isBytes = false
  readonly #queue = new SizedQueue()
  #sizeOf: Strategy['sizeOf']

  constructor(stream: ReadableState, source: ReadableSource, strategy: Strategy) {
    super(stream, source, strategy.highWaterMark)
    this.#sizeOf = strategy.sizeOf
    stream.controller = this
  }

  protected get queuedSize(): number {
    return this.#queue.totalSize
  }

  protected get isWaitedFor(): boolean {
    return this.stream.hasReadRequests
  }

  protected clearQueue(): void {
    this.#queue.clear()
  }

  /**
   * Nothing happens if it takes no more chunks.
   *
   * @throws what the strategy's `size` throws; RangeError if its answer is no size. The stream has failed then.
   */
  enqueue(chunk: unknown): void {
    if (!this.canEnqueue) return
    if (this.stream.hasReadRequests) this.stream.reader!.requests.take().onChunk(chunk)
    else this.#queueUp(chunk)
    this.pullIfNeeded()
  }

  #queueUp(chunk: unknown): void {
    try {
      const sizeOf = this.#sizeOf
      this.#queue.add(chunk, sizeOf === null ? 1 : +(sizeOf(chunk) as number))
    } catch (thrown) {
      this.fail(thrown)
      throw thrown
    }
  }

  /** No more comes; what is queued can still be read. Nothing happens if it takes no more chunks. */
  close(): void {
    if (!this.canEnqueue) return
    this.isCloseRequested = true
    if (this.#queue.isEmpty) this.end()
  }

  pull(request: ReadRequest): void {
    if (this.#queue.isEmpty) {
      this.stream.reader!.requests.add(request)
      this.pullIfNeeded()
      return
    }
    const chunk = this.#queue.take()
    if (this.isCloseRequested && this.#queue.isEmpty) this.end()
    else this.pullIfNeeded()
    request.onChunk(chunk)
  }

  release(): void {
    // Nothing of a reader is kept here.
  }

  protected override forgetSource(): void {
    super.forgetSource()
    this.#sizeOf = null
  }
}

/** @throws TypeError if the stream takes no more chunks. */
export function checkEnqueue(controller: PullingController, what: string): void {
  if (!controller.canEnqueue) throw new TypeError(`Cannot ${what}: the stream is closed or has failed`)
}
