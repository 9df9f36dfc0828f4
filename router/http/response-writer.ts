import type { HttpResponse } from 'uWebSockets.js'
import type { ResponseHead } from './response-head.ts'

/** Larger bodies are handed to the socket piece by piece, as it takes them, instead of being copied whole. */
const maxCopiedBytes = 64 * 1024

/**
 * Writes responses, each corked: with as few system calls as it can be. `close` ends the connection after the response,
 * and so does every response once `isClosing` is set.
 */
export class ResponseWriter {
  isClosing = false
  // The response that is being written whole. In fields, so that what `cork` runs need not be made for each.
  #response: HttpResponse | null = null
  #head: ResponseHead = ''
  #body: string | Uint8Array | undefined
  #close = false

  /** A response with its body, however short. */
  write(response: HttpResponse, head: ResponseHead, body: string | Uint8Array | null, close = false): void {
    this.#response = response
    this.#head = head
    this.#body = typeof body === 'string' ? encodable(body) : (body ?? undefined)
    this.#close = close || this.isClosing
    response.cork(this.#writeWhole)
    this.#response = null
    this.#body = undefined
  }

  readonly #writeWhole = (): void => {
    const response = this.#response!
    response.writeStatus(this.#head)
    response.end(this.#body, this.#close)
  }

  /** Without a body: to `HEAD`, whose `Content-Length` is that of the answer to `GET`, or with status 204 or 304. */
  writeWithoutBody(
    response: HttpResponse,
    head: ResponseHead,
    contentLength: number | undefined,
    close = false,
  ): void {
    const isLast = close || this.isClosing
    response.cork(() => {
      response.writeStatus(head)
      if (contentLength !== undefined) {
        response.endWithoutBody(contentLength, isLast)
        return
      }
      // Given `undefined` it would announce 2^63 bytes, and without arguments it cannot end the connection: the client
      // is told to.
      if (isLast) response.writeHeader('connection', 'close')
      response.endWithoutBody()
    })
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
    response.onWritable((offset) => {
      const [isTaken, isDone] = response.tryEnd(bytes.subarray(offset), bytes.byteLength)
      if (isDone) onSent()
      return isTaken
    })
    response.cork(() => {
      response.writeStatus(head)
      // `tryEnd` cannot end the connection: the client is told to.
      if (this.isClosing) response.writeHeader('connection', 'close')
      const [, isDone] = response.tryEnd(bytes, bytes.byteLength)
      if (isDone) onSent()
    })
  }
}

/**
 * Text as uWebSockets.js can be given it: it writes strings whose characters all fit in a byte as they are, in Latin-1,
 * and lone surrogates as if they had UTF-8. ASCII, most of all text, goes without a copy of ours.
 */
function encodable(text: string): string | Uint8Array {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text)
}
