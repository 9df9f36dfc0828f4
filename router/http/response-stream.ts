import type { HttpResponse as UwsResponse } from 'uWebSockets.js'
import { type ByteSource, type FailedOutcome, freeBytes } from '../../runtime/index.ts'
import type { BodyWriter } from './body-writer.ts'
import { ChunkedWriter } from './chunked-writer.ts'
import type { ResponseHead } from './response-head.ts'
import { lengthMismatch, SizedWriter } from './sized-writer.ts'
import type { SocketFlow } from './socket-flow.ts'

/** Small chunks share a cork up to this size: it is what the buffer behind a cork holds. */
const corkBytes = 16 * 1024

export interface StreamedAnswer {
  readonly head: ResponseHead
  readonly source: ByteSource
  /** As the function declared it. */
  readonly contentLength: number | undefined
  /** What may be written to tell a client that it is connected; null = nothing. */
  readonly greeting: Uint8Array | null
}

/** The exchange whose response streams. */
export interface StreamListener {
  /** The response is about to be complete, and its object dead. */
  beforeLastByte(): void
  /** The body ended, as it should or not. Not called after `cancel`. */
  onStreamed(failure: FailedOutcome | null): void
}

/** A response on its way from the function to the socket, as it is made. */
export class ResponseStream {
  readonly #response: UwsResponse
  readonly #flow: SocketFlow
  readonly #answer: StreamedAnswer
  readonly #listener: StreamListener
  readonly #writer: BodyWriter
  /** What was read last, and what of it was not taken. */
  #chunk: Uint8Array | null = null
  #rest: Uint8Array | null = null
  #hasHead = false
  #isWaiting = false
  /** Whether a cork was left early and more can be written at once. */
  #hasMore = false
  #isOver = false
  /** Set within a cork, told after it. */
  #end: { readonly failure: FailedOutcome | null } | null = null

  constructor(response: UwsResponse, flow: SocketFlow, answer: StreamedAnswer, listener: StreamListener) {
    this.#response = response
    this.#flow = flow
    this.#answer = answer
    this.#listener = listener
    const { contentLength } = answer
    this.#writer =
      contentLength === undefined ? new ChunkedWriter(response) : new SizedWriter(response, contentLength)
  }

  /** Whether the head is written: else another response can still be given. */
  get hasHead(): boolean {
    return this.#hasHead
  }

  /** Whether the client has the whole response; the response object is dead then. */
  get isSent(): boolean {
    return this.#writer.isDone
  }

  /** Whether the client is what it waits for. */
  get awaitsClient(): boolean {
    return this.#writer.isBlocked
  }

  start(): void {
    this.#flow.onWritable(() => {
      this.#writer.unblock()
      this.#pump()
    })
    this.#pump()
  }

  /**
   * Lets a waiting client know that it is connected. uWebSockets.js 20 cannot write a head without a byte of the body, so
   * it is a comment in a stream of events, and nothing elsewhere.
   */
  greet(): void {
    const { greeting } = this.#answer
    if (greeting === null || this.#hasHead || this.#isOver) return
    this.#cork(() => this.#write(greeting))
  }

  /** Ends without another word: the client is gone, or has enough. */
  cancel(): void {
    this.#isOver = true
    this.#flow.close()
    this.#answer.source.cancel()
  }

  #pump(): void {
    do {
      if (this.#isOver || this.#writer.isBlocked) return
      this.#hasMore = false
      if (this.#writer.isDone) this.#readToEnd()
      else this.#cork(this.#writeSome)
    } while (this.#hasMore)
    if (this.#end === null) return
    this.#isOver = true
    this.#flow.close()
    this.#listener.onStreamed(this.#end.failure)
  }

  #cork(write: () => void): void {
    const writer = this.#writer
    const before = writer.takenBytes
    this.#response.cork(write)
    if (!writer.isDone) this.#flow.noteWrite(writer.isBlocked, writer.takenBytes > before)
  }

  readonly #writeSome = (): void => {
    let writtenBytes = 0
    while (writtenBytes < corkBytes && !this.#writer.isBlocked && !this.#writer.isDone) {
      const bytes = this.#rest ?? this.#read()
      if (bytes === null) return
      writtenBytes += bytes.byteLength
      this.#write(bytes)
      if (this.#rest === null) freeBytes(this.#chunk!)
    }
    this.#hasMore = !this.#writer.isBlocked
  }

  #write(bytes: Uint8Array): void {
    this.#writeHead()
    if (this.#writer.isLast(bytes)) this.#listener.beforeLastByte()
    this.#rest = this.#writer.write(bytes)
    this.#flow.hasMoved = true
    if (this.#writer.isDone) this.#flow.close()
  }

  #writeHead(): void {
    if (this.#hasHead) return
    this.#hasHead = true
    this.#response.writeStatus(this.#answer.head)
  }

  /** The next bytes; null if there are none now: they are waited for, or it is the end. */
  #read(): Uint8Array | null {
    const read = this.#answer.source.read()
    if (read.kind === 'bytes') {
      this.#chunk = read.bytes
      return read.bytes
    }
    if (read.kind === 'empty') this.#wait()
    else this.#end = { failure: read.kind === 'failed' ? read.failure : this.#finish() }
    return null
  }

  /** The body has ended: completes the response. Says why that cannot be done. */
  #finish(): FailedOutcome | null {
    const shortfall = this.#writer.shortfall()
    if (shortfall !== null) return shortfall
    this.#listener.beforeLastByte()
    this.#writeHead()
    this.#writer.end()
    this.#flow.close()
    return null
  }

  /** All that was declared is sent: the body must end now. */
  #readToEnd(): void {
    const { source, contentLength = 0 } = this.#answer
    const read = this.#rest === null ? source.read() : ({ kind: 'bytes' } as const)
    if (read.kind === 'empty') {
      this.#wait()
    } else if (read.kind === 'bytes') {
      source.cancel()
      this.#end = { failure: lengthMismatch('its body is longer', contentLength) }
    } else {
      // The client has all, so that nobody is left who could be gone.
      const isFailure = read.kind === 'failed' && read.failure.kind !== 'canceled'
      this.#end = { failure: isFailure ? read.failure : null }
    }
  }

  #wait(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    this.#answer.source.onceReadable(() => {
      this.#isWaiting = false
      this.#pump()
    })
  }
}
