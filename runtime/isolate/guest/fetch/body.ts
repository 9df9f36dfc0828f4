import { takeBodyBytes, takeBodyText } from '../host.ts'
import { copyBytes } from '../language/bytes.ts'
import {
  jsonParse,
  stringCharCodeAt,
  stringSlice,
  stringToWellFormed,
  TypeError,
  Uint8Array,
} from '../primordials.ts'
import type { BodyReading } from '../stream/body-reading.ts'
import type { ReadableStream } from '../stream/readable-stream.ts'
import { decodeUtf8 } from '../text/utf8-decode.ts'
import { encodeUtf8 } from '../text/utf8-encode.ts'
import type { HostStream } from './host-stream.ts'

/** What a body holds unless it is a stream. */
export type BufferedContent =
  | { readonly kind: 'text'; readonly content: string }
  | { readonly kind: 'bytes'; readonly content: Uint8Array }
  /** The id of the request whose body the host holds until it is taken, once. */
  | { readonly kind: 'host'; readonly content: number }
  /** What the host gets bit by bit, of which nothing was read. */
  | { readonly kind: 'hostStream'; readonly content: HostStream }

type Content = BufferedContent | { readonly kind: 'stream'; readonly content: ReadableStream }

/**
 * The body of a request or a response. Buffered ones stay what they came as: most texts are never turned into bytes
 * in here, and what the host holds is not copied before somebody asks.
 */
export class Body {
  #kind: Content['kind']
  #content: Content['content']
  #isTaken = false

  constructor(kind: Content['kind'], content: Content['content']) {
    this.#kind = kind
    this.#content = content
  }

  /** Whether it came as a string. */
  get isText(): boolean {
    return this.#kind === 'text'
  }

  get isStream(): boolean {
    return this.#kind === 'stream'
  }

  get isUsed(): boolean {
    if (this.#kind !== 'stream') return this.#isTaken
    return require('../stream/own-byte-stream.ts').isDisturbed(this.#content as ReadableStream)
  }

  /** Whether it can still be read, from the beginning. */
  get isUnusable(): boolean {
    if (this.#kind !== 'stream') return this.#isTaken
    return require('../stream/own-byte-stream.ts').isUnusable(this.#content as ReadableStream)
  }

  /**
   * Takes what is at hand; null if the body must be read as a stream.
   *
   * @throws TypeError if it was read before.
   */
  take(): BufferedContent | null {
    if (this.isUnusable) throw new TypeError('Cannot read the body: it was read before, or is being read')
    if (this.#kind === 'stream') {
      return require('../fetch/body-stream.ts').takeContent(this.#content as ReadableStream)
    }
    this.#isTaken = true
    return { kind: this.#kind, content: this.#content } as BufferedContent
  }

  async text(): Promise<string> {
    const taken = this.take()
    if (taken === null) {
      const reading = this.#readStream()
      await reading.done
      return decodeUtf8(reading.bytes)
    }
    switch (taken.kind) {
      case 'text':
        return withoutMark(stringToWellFormed(taken.content))
      case 'bytes':
        return decodeUtf8(taken.content)
      case 'host':
        return takeBodyText(taken.content)
      case 'hostStream':
        return taken.content.text()
    }
  }

  async json(): Promise<unknown> {
    return jsonParse(await this.text())
  }

  /** A copy that nobody else holds. */
  async bytes(): Promise<Uint8Array> {
    const taken = this.take()
    if (taken === null) {
      const reading = this.#readStream()
      await reading.done
      return reading.bytes
    }
    return taken.kind === 'hostStream' ? taken.content.bytes() : bytesOf(taken)
  }

  /** The body as a stream, which it stays. */
  stream(): ReadableStream {
    if (this.#kind === 'stream') return this.#content as ReadableStream
    const content = { kind: this.#kind, content: this.#content } as BufferedContent
    const stream = require('../fetch/body-stream.ts').streamOfContent(content)
    if (this.#isTaken) require('../stream/own-byte-stream.ts').disturb(stream)
    this.#kind = 'stream'
    this.#content = stream
    return stream
  }

  /**
   * A second body with the same content.
   *
   * @throws TypeError if it was read before.
   */
  clone(): Body {
    if (this.isUnusable) throw new TypeError('Cannot clone: the body was read before, or is being read')
    if (this.#kind === 'host') {
      this.#content = new Uint8Array(takeBodyBytes(this.#content as number))
      this.#kind = 'bytes'
    }
    if (this.#kind === 'hostStream') this.stream()
    if (this.#kind !== 'stream') return new Body(this.#kind, this.#content)
    const branches = require('../stream/own-byte-stream.ts').teeBody(this.#content as ReadableStream)
    this.#content = branches[0]
    return new Body('stream', branches[1])
  }

  /** Nobody will read it, but it counts as read: whoever makes it is told. Nothing happens if somebody has read it. */
  drop(reason: unknown): void {
    if (!this.isUnusable) require('../stream/own-byte-stream.ts').cancelStream(this.stream(), reason)
  }

  #readStream(): BodyReading {
    return new (require('../stream/body-reading.ts').BodyReading)(this.#content as ReadableStream)
  }
}

/** What is at hand, as bytes that nobody else holds. */
export function bytesOf(content: Exclude<BufferedContent, { kind: 'hostStream' }>): Uint8Array {
  switch (content.kind) {
    case 'text':
      return encodeUtf8(content.content)
    case 'bytes':
      return copyBytes(content.content)
    case 'host':
      return new Uint8Array(takeBodyBytes(content.content))
  }
}

/** As if the text had been encoded and decoded again, which takes a byte order mark off. */
function withoutMark(text: string): string {
  return stringCharCodeAt(text, 0) === 0xfeff ? stringSlice(text, 1) : text
}
