import { concatBytes, copyBytes } from '../language/bytes.ts'
import {
  min,
  stringCharCodeAt,
  stringSlice,
  TypeError,
  typedArrayBuffer,
  typedArrayByteLength,
  typedArraySubarray,
  Uint8Array,
} from '../primordials.ts'
import { decodeText } from './host-encoding.ts'

/** Handed over at one go: the host cannot be interrupted. */
const maxBytes = 2 ** 17

/** Decodes by the host, which keeps nothing: the beginning of a character stays here until the rest comes. */
export class HostDecoder {
  readonly #name: string
  readonly #isFatal: boolean
  #carried = new Uint8Array(0)
  #isContinued = false

  constructor(name: string, isFatal: boolean) {
    this.#name = name
    this.#isFatal = isFatal
  }

  /** @throws TypeError if it is fatal and meets what the encoding has not. */
  decode(bytes: Uint8Array, isMoreComing: boolean): string {
    const length = typedArrayByteLength(bytes)
    let text = ''
    let at = 0
    do {
      const end = min(at + maxBytes, length)
      text += this.#decode(typedArraySubarray(bytes, at, end), isMoreComing || end < length)
      at = end
    } while (at < length)
    return text
  }

  #decode(bytes: Uint8Array, isMoreComing: boolean): string {
    const all = this.#isContinued ? concatBytes([this.#carried, bytes]) : copyBytes(bytes)
    const stage = (this.#isContinued ? 1 : 0) + (isMoreComing ? 2 : 0)
    const answer = decodeText(this.#name, this.#isFatal, typedArrayBuffer(all), stage)
    if (answer === undefined) throw new TypeError(`Cannot decode: the bytes are not ${this.#name}`)
    const count = stringCharCodeAt(answer, 0)
    const carried = new Uint8Array(count)
    for (let index = 0; index < count; index++) carried[index] = stringCharCodeAt(answer, index + 1)
    this.#carried = carried
    this.#isContinued = isMoreComing
    return stringSlice(answer, count + 1)
  }
}
