import {
  type ByteBudget,
  BytePipe,
  ChunkQueue,
  type FailedOutcome,
  type PipeWriter,
} from '../../runtime/index.ts'
import { joinChunks } from './request-body.ts'
import type { SocketFlow } from './socket-flow.ts'

/** Bodies up to this size are given to the function whole, if they come soon enough. */
export const maxWholeBytes = 64 * 1024

/** What a function has not read yet before its client is held back. */
const highWaterBytes = 256 * 1024

const answered: FailedOutcome = {
  kind: 'canceled',
  message: 'The response was complete before the body',
}

/** A request's body as it comes, on its way from the socket to the function. */
export class RequestStream implements PipeWriter {
  /** What the function reads. */
  readonly pipe = new BytePipe(highWaterBytes, this)
  readonly #flow: SocketFlow
  readonly #memory: ByteBudget
  readonly #maxBytes: number
  readonly #contentLength: number
  #receivedBytes = 0
  #countedBytes = 0
  #isComplete = false
  /** What came in this turn. */
  readonly #arrived = new ChunkQueue()
  #handOnSoon: NodeJS.Immediate | undefined

  /** `contentLength` = -1 if it is not known. */
  constructor(
    flow: SocketFlow,
    memory: ByteBudget,
    length: { readonly maxBytes: number; readonly contentLength: number },
  ) {
    this.#flow = flow
    this.#memory = memory
    this.#maxBytes = length.maxBytes
    this.#contentLength = length.contentLength
    flow.prepareToHold()
  }

  /** Bytes that the client has not sent yet; infinite if nobody knows. */
  get missingBytes(): number {
    if (this.#isComplete) return 0
    const length = this.#contentLength
    return length === -1 ? Number.POSITIVE_INFINITY : length - this.#receivedBytes
  }

  /** Whether the function has read all that came, and more is to come. */
  get awaitsClient(): boolean {
    return this.pipe.isOpen && this.pipe.heldBytes === 0
  }

  /** Copies a chunk, whose memory is not ours; says why if it cannot be taken. */
  add(chunk: ArrayBuffer, isLast: boolean): 'taken' | 'too_large' | 'no_memory' {
    const bytes = chunk.byteLength
    this.#flow.hasMoved = true
    this.#receivedBytes += bytes
    this.#isComplete = isLast
    // What nobody reads any more is let by, so that the connection's next request is found behind it.
    if (!this.pipe.isOpen) return 'taken'
    if (this.#receivedBytes > this.#maxBytes) return 'too_large'
    if (!this.#memory.hold(bytes)) return 'no_memory'
    this.#countedBytes += bytes
    this.#arrived.pushCopy(chunk)
    // Not at once: a function that went on meanwhile would give a fast client time to send more, and uWebSockets.js takes
    // more for as long as there is.
    this.#handOnSoon ??= setImmediate(() => this.#handOn())
    if (!isLast && this.#countedBytes >= highWaterBytes) this.#flow.hold()
    return 'taken'
  }

  /** The body, if it is complete and short; null if it is empty. */
  takeWhole(): Uint8Array | null | undefined {
    if (!this.#isComplete || this.#receivedBytes > maxWholeBytes) return undefined
    this.#handOn()
    const chunks = new ChunkQueue()
    for (let read = this.pipe.read(); read.kind === 'bytes'; read = this.pipe.read()) chunks.push(read.bytes)
    return joinChunks(chunks)
  }

  /** The response is about to be complete: what did not come yet is of no use, what did is the function's alone. */
  letGo(): void {
    if (this.#isComplete) this.#handOn()
    this.fail(answered)
    this.#flow.release()
  }

  /** No more of it reaches the function. */
  fail(failure: FailedOutcome): void {
    this.#arrived.clear()
    this.pipe.fail(failure)
    this.#memory.release(this.#countedBytes)
    this.#countedBytes = 0
  }

  #handOn(): void {
    clearImmediate(this.#handOnSoon)
    this.#handOnSoon = undefined
    for (let bytes = this.#arrived.shift(); bytes !== undefined; bytes = this.#arrived.shift())
      this.pipe.write(bytes)
    // Of a body that nobody reads any more nothing was taken.
    this.onLess()
    if (this.#isComplete) this.pipe.end()
    else if (!this.pipe.isFull) this.#flow.readOn()
  }

  onRoom(): void {
    this.#flow.readOn()
  }

  onLess(): void {
    const read = this.#countedBytes - this.pipe.heldBytes - this.#arrived.byteLength
    if (read <= 0) return
    this.#countedBytes -= read
    this.#memory.release(read)
  }

  onCancel(): void {
    this.#flow.readOn()
  }
}
