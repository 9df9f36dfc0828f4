import { TypeError, typedArrayByteLength } from '../primordials.ts'
import { TextCollector } from './text-collector.ts'

const replacement = 0xfffd

/** Text of a whole run of bytes, without a byte order mark at its beginning; what is not UTF-8 becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return new Utf8Decoder(false, false).decode(bytes, false)
}

/** The Encoding standard's UTF-8 decoder: keeps the beginning of a character until the rest comes. */
export class Utf8Decoder {
  readonly #isFatal: boolean
  readonly #keepsMark: boolean
  #isBegun = false
  #codePoint = 0
  #needed = 0
  #seen = 0
  #lower = 0x80
  #upper = 0xbf

  constructor(isFatal: boolean, keepsMark: boolean) {
    this.#isFatal = isFatal
    this.#keepsMark = keepsMark
  }

  /** @throws TypeError if it is fatal and meets what is not UTF-8. */
  decode(bytes: Uint8Array, isMoreComing: boolean): string {
    const text = new TextCollector()
    const length = typedArrayByteLength(bytes)
    for (let index = 0; index < length; index++) {
      const byte = bytes[index]!
      if (this.#needed === 0 && byte < 0x80) {
        this.#isBegun = true
        text.add(byte)
      } else if (!this.#take(byte, text)) {
        // The byte that broke a character may begin the next one.
        index--
      }
    }
    if (!isMoreComing) {
      if (this.#needed > 0) this.#fail(text)
      this.#isBegun = false
    }
    return text.finish()
  }

  /** @returns false if the byte must be looked at again. */
  #take(byte: number, text: TextCollector): boolean {
    if (this.#needed === 0) {
      this.#begin(byte, text)
      return true
    }
    if (byte < this.#lower || byte > this.#upper) {
      this.#fail(text)
      return false
    }
    this.#lower = 0x80
    this.#upper = 0xbf
    this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f)
    if (++this.#seen < this.#needed) return true
    const code = this.#codePoint
    this.#reset()
    if (code !== 0xfeff || this.#isBegun || this.#keepsMark) text.addCodePoint(code)
    this.#isBegun = true
    return true
  }

  #begin(byte: number, text: TextCollector): void {
    if (byte >= 0xc2 && byte <= 0xdf) {
      this.#needed = 1
      this.#codePoint = byte & 0x1f
    } else if (byte >= 0xe0 && byte <= 0xef) {
      if (byte === 0xe0) this.#lower = 0xa0
      if (byte === 0xed) this.#upper = 0x9f
      this.#needed = 2
      this.#codePoint = byte & 0xf
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      if (byte === 0xf0) this.#lower = 0x90
      if (byte === 0xf4) this.#upper = 0x8f
      this.#needed = 3
      this.#codePoint = byte & 0x7
    } else this.#fail(text)
  }

  #fail(text: TextCollector): void {
    this.#reset()
    this.#isBegun = true
    if (this.#isFatal) {
      this.#isBegun = false
      throw new TypeError('Cannot decode: the bytes are not UTF-8')
    }
    text.add(replacement)
  }

  #reset(): void {
    this.#codePoint = this.#needed = this.#seen = 0
    this.#lower = 0x80
    this.#upper = 0xbf
  }
}
