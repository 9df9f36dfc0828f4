import type { HttpRequest } from 'uWebSockets.js'
import { Buffer } from 'node:buffer'

/**
 * The headers of a request: all as text for the function, and the few that the router needs. One object serves all
 * requests of a server, one after the other: read it before the handler returns.
 */
export class RequestHead {
  /** `name\nvalue\n` each. Values are byte strings, as the fetch standard has them. */
  headers = ''
  host = ''
  versionKey = ''
  version = ''
  prefer = ''
  idempotencyKey = ''
  delayMs = ''
  /** From trusted proxies only. */
  forwardedFor = ''
  forwardedProto = ''
  forwardedHost = ''
  /** -1 = not known. */
  contentLength = -1
  isChunked = false
  /** Why the request's framing cannot be relied on, null if it can. */
  framingProblem: string | null = null
  #isFromProxy = false
  #contentLengthText = ''

  get hasBody(): boolean {
    return this.isChunked || (this.#contentLengthText !== '' && this.contentLength !== 0)
  }

  /** `isFromProxy`: the peer is a trusted proxy. Else its `X-Forwarded-*` are dropped: functions would believe them. */
  read(request: HttpRequest, isFromProxy: boolean): void {
    this.headers = ''
    this.host = ''
    this.versionKey = ''
    this.version = ''
    this.prefer = ''
    this.idempotencyKey = ''
    this.delayMs = ''
    this.forwardedFor = ''
    this.forwardedProto = ''
    this.forwardedHost = ''
    this.contentLength = -1
    this.isChunked = false
    this.framingProblem = null
    this.#isFromProxy = isFromProxy
    this.#contentLengthText = ''
    request.forEach(this.#each)
    // uWebSockets.js decodes UTF-8; back to one character for each byte.
    if (Buffer.byteLength(this.headers) !== this.headers.length) {
      this.headers = Buffer.from(this.headers).toString('latin1')
    }
  }

  // By length first: strings from native code are not interned, and most comparisons would fail at the last letter.
  readonly #each = (name: string, value: string): void => {
    switch (name.length) {
      case 4:
        if (name === 'host') this.host = value
        break
      case 6:
        // A list, which may stand in several headers.
        if (name === 'prefer') this.prefer = this.prefer === '' ? value : `${this.prefer},${value}`
        break
      case 14:
        if (name === 'content-length') this.#setContentLength(value)
        break
      case 15:
        if (name === 'idempotency-key') this.idempotencyKey = value
        break
      case 17:
        if (name === 'transfer-encoding') this.#setTransferEncoding(value)
        break
      case 18:
        if (name === 'x-isolette-version') this.version = value
        break
      case 19:
        if (name === 'x-isolette-delay-ms') this.delayMs = value
        break
      case 22:
        if (name === 'x-isolette-version-key') this.versionKey = value
        break
    }
    if (name.charCodeAt(0) === letterX && name.startsWith('x-forwarded-')) {
      if (!this.#isFromProxy) return
      this.#noteForwarded(name, value)
    }
    this.headers += `${name}\n${value}\n`
  }

  #noteForwarded(name: string, value: string): void {
    if (name === 'x-forwarded-for') {
      this.forwardedFor = this.forwardedFor === '' ? value : `${this.forwardedFor},${value}`
    } else if (name === 'x-forwarded-proto') this.forwardedProto = value
    else if (name === 'x-forwarded-host') this.forwardedHost = value
  }

  /**
   * uWebSockets.js 20 takes the first of several lengths. A proxy that takes the last would let one client slip a
   * request into another's connection (request smuggling), so these two refuse what RFC 9112 §6 tells to refuse.
   */
  #setContentLength(value: string): void {
    if (this.#contentLengthText !== '' && this.#contentLengthText !== value) {
      this.framingProblem = 'it has two different Content-Length headers'
    }
    this.#contentLengthText = value
    // What is no number or too large is refused by uWebSockets.js when it gets to the body.
    this.contentLength = /^[0-9]{1,15}$/.test(value) ? Number(value) : -1
  }

  /** uWebSockets.js 20 takes any transfer coding for `chunked`. */
  #setTransferEncoding(value: string): void {
    if (this.isChunked || value.toLowerCase() !== 'chunked') {
      this.framingProblem = 'its Transfer-Encoding is not "chunked"'
    }
    this.isChunked = true
  }
}

const letterX = 0x78
