import { tagClass } from '../boot/class-tag.ts'
import { TypeError, typedArrayByteLength, typedArrayName } from '../primordials.ts'
import { encodeUtf8, encodeUtf8Into } from './utf8-encode.ts'

/** The Encoding standard's `TextEncoder`. */
export class TextEncoder {
  get encoding(): string {
    return 'utf-8'
  }

  encode(text = ''): Uint8Array {
    return encodeUtf8(`${text}`)
  }

  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
    const source = `${text}`
    if (typedArrayName(target) !== 'Uint8Array') {
      throw new TypeError('Cannot encode: the target must be a Uint8Array')
    }
    return encodeUtf8Into(source, target, typedArrayByteLength(target))
  }
}

tagClass(TextEncoder, 'TextEncoder')
