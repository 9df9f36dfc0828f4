import { TypeError, typedArrayByteLength } from '../primordials.ts'
import { TextCollector } from './text-collector.ts'

const replacement = 0xfffd
const none = -1

/** The Encoding standard's UTF-16 decoder. */
export class Utf16Decoder {
  readonly #isBigEndian: boolean
  readonly #isFatal: boolean
  readonly #keepsMark: boolean
  #isBegun = false
  #byte = none
  #lead = none

  constructor(isBigEndian: boolean, isFatal: boolean, keepsMark: boolean) {
    this.#isBigEndian = isBigEndian
    this.#isFatal = isFatal
    this.#keepsMark = keepsMark
  }

  /** @throws TypeError if it is fatal and meets what is not UTF-16. */
  decode(bytes: Uint8Array, isMoreComing: boolean): string {
    const text = new TextCollector()
    for (let index = 0; index < typedArrayByteLength(bytes); index++) {
      const byte = bytes[index]!
      if (this.#byte === none) {
        this.#byte = byte
        continue
      }
      this.#take(this.#isBigEndian ? (this.#byte << 8) | byte : (byte << 8) | this.#byte, text)
      this.#byte = none
    }
    if (!isMoreComing && (this.#byte !== none || this.#lead !== none)) this.#fail(text)
    return text.finish()
  }

  #take(unit: number, text: TextCollector): void {
    const isLow = unit >= 0xdc00 && unit < 0xe000
    if (this.#lead !== none) {
      const lead = this.#lead
      this.#lead = none
      if (isLow) {
        text.add(lead)
        text.add(unit)
        return
      }
      this.#fail(text)
    }
    if (unit >= 0xd800 && unit < 0xdc00) this.#lead = unit
    else if (isLow) this.#fail(text)
    else if (unit !== 0xfeff || this.#isBegun || this.#keepsMark) text.add(unit)
    this.#isBegun = true
  }

  #fail(text: TextCollector): void {
    if (this.#isFatal) throw new TypeError('Cannot decode: the bytes are not UTF-16')
    text.add(replacement)
  }
}
