import type { HttpResponse } from 'uWebSockets.js'
import type { ResponseHead } from './response-head.ts'

/** Larger bodies are handed to the socket piece by piece, as it takes them, instead of being copied whole. */
const maxCopiedBytes = 64 * 1024

/**
 * Writes responses. One object serves all requests of a server, so that a response costs no closure: what `cork` is to
 * run finds its response in the fields.
 */
export class ResponseWriter {
  /** From now on every response ends its connection. */
  isClosing = false
  #response: HttpResponse | null = null
  #head: ResponseHead | Uint8Array = ''
  #body: string | Uint8Array | undefined
  #close = false

  /** A whole response. `head` comes from `composeHead`. */
  write(response: HttpResponse, head: ResponseHead, body: string | Uint8Array | null, close = false): void {
    this.#begin(response, head, close)
    // A lone surrogate has no UTF-8, and uWebSockets.js would write one all the same.
    this.#body = typeof body === 'string' ? body.toWellFormed() : (body ?? undefined)
    response.cork(this.#writeWhole)
    this.#response = null
    this.#body = undefined
  }

  /** Without a body: to `HEAD`, whose `Content-Length` is that of the answer to `GET`, or with status 204 or 304. */
  writeWithoutBody(
    response: HttpResponse,
    head: ResponseHead,
    contentLength: number | undefined,
    close = false,
  ): void {
    this.#begin(response, head, close)
    response.cork(() => {
      response.writeStatus(this.#head).endWithoutBody(contentLength, this.#close)
    })
    this.#response = null
  }

  /** Whether `body` is to be written by `writeLarge`. */
  isLarge(body: string | Uint8Array): boolean {
    return (typeof body === 'string' ? body.length : body.byteLength) > maxCopiedBytes
  }

  /**
   * A response whose body is more than the socket may take at once. Calls `onSent` when the last of it was taken, perhaps
   * before it returns; not if the client goes away.
   */
  writeLarge(
    response: HttpResponse,
    head: ResponseHead,
    body: string | Uint8Array,
    onSent: () => void,
  ): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.#begin(response, head, false)
    let isSent = false
    response.cork(() => {
      response.writeStatus(this.#head)
      // `tryEnd` cannot be told to end the connection: the client is.
      if (this.#close) response.writeHeader('connection', 'close')
      isSent = response.tryEnd(bytes, bytes.byteLength)[1]
    })
    this.#response = null
    if (isSent) {
      onSent()
      return
    }
    response.onWritable((offset) => {
      const [isTaken, isDone] = response.tryEnd(bytes.subarray(offset), bytes.byteLength)
      if (isDone) onSent()
      return isTaken
    })
  }

  #begin(response: HttpResponse, head: ResponseHead, close: boolean): void {
    this.#response = response
    this.#head = head
    this.#close = close || this.isClosing
  }

  readonly #writeWhole = (): void => {
    const response = this.#response!
    response.writeStatus(this.#head)
    response.end(this.#body, this.#close)
  }
}
