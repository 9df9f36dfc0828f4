import { tagClass } from '../boot/class-tag.ts'
import { needArguments } from '../language/web-idl.ts'
import { TypeError, typedArrayByteLength, typedArrayName } from '../primordials.ts'
import { encodeUtf8, encodeUtf8Into } from './utf8-encode.ts'

/** The Encoding standard's `TextEncoder`. */
export class TextEncoder {
  /** There is only this one; reading it shows that `this` is an encoder. */
  readonly #encoding = 'utf-8'

  get encoding(): string {
    return this.#encoding
  }

  encode(text: string | undefined = ''): Uint8Array {
    void this.#encoding
    return encodeUtf8(`${text}`)
  }

  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
    void this.#encoding
    needArguments(arguments.length, 2, 'encode')
    const source = `${text}`
    if (typedArrayName(target) !== 'Uint8Array') {
      throw new TypeError('Cannot encode: the target must be a Uint8Array')
    }
    return encodeUtf8Into(source, target, typedArrayByteLength(target))
  }
}

tagClass(TextEncoder, 'TextEncoder')
