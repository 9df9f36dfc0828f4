import { tagClass } from '../boot/class-tag.ts'
import { sourceBytes } from '../crypto/buffer-source.ts'
import { isBufferSource, isSharedBuffer, viewBytes } from '../language/bytes.ts'
import { toDictionary } from '../language/web-idl.ts'
import { TypeError, Uint8Array } from '../primordials.ts'
import { encodingOf } from './encoding-label.ts'
import { HostDecoder } from './host-decode.ts'
import { decodeUserDefined, decodeWindows1252 } from './single-byte.ts'
import { Utf8Decoder } from './utf8-decode.ts'
import { Utf16Decoder } from './utf16-decode.ts'

/** Keeps the beginning of a character until the rest comes. */
interface Decoder {
  decode(bytes: Uint8Array, isMoreComing: boolean): string
}

/** `decode`, whatever became of it. */
export let decodeWith: (decoder: TextDecoder, bytes: Uint8Array, isMoreComing: boolean) => string

/** The Encoding standard's `TextDecoder`. */
export class TextDecoder {
  readonly #encoding: string
  readonly #isFatal: boolean
  readonly #keepsMark: boolean
  #decoder: Decoder | null = null

  constructor(label = 'utf-8', options: TextDecoderOptions | undefined = undefined) {
    const name = `${label}`
    const { fatal, ignoreBOM } = toDictionary(options)
    this.#encoding = encodingOf(name)
    this.#isFatal = !!fatal
    this.#keepsMark = !!ignoreBOM
  }

  get encoding(): string {
    return this.#encoding
  }

  get fatal(): boolean {
    return this.#isFatal
  }

  get ignoreBOM(): boolean {
    return this.#keepsMark
  }

  decode(
    input: ArrayBufferLike | ArrayBufferView | undefined = undefined,
    options: TextDecodeOptions | undefined = undefined,
  ): string {
    const bytes = input === undefined ? new Uint8Array(0) : encodedBytes(input)
    return this.#decode(bytes, !!toDictionary(options).stream)
  }

  #decode(bytes: Uint8Array, isMoreComing: boolean): string {
    const decoder = this.#decoder ?? this.#newDecoder()
    // One that fails begins anew, and so does the one after the last chunk.
    this.#decoder = null
    const text = decoder.decode(bytes, isMoreComing)
    if (isMoreComing) this.#decoder = decoder
    return text
  }

  #newDecoder(): Decoder {
    switch (this.#encoding) {
      case 'utf-8':
        return new Utf8Decoder(this.#isFatal, this.#keepsMark)
      case 'utf-16le':
      case 'utf-16be':
        return new Utf16Decoder(this.#encoding === 'utf-16be', this.#isFatal, this.#keepsMark)
      case 'windows-1252':
        return { decode: decodeWindows1252 }
      case 'x-user-defined':
        return { decode: decodeUserDefined }
      default:
        return new HostDecoder(this.#encoding, this.#isFatal)
    }
  }

  static {
    decodeWith = (decoder, bytes, isMoreComing) => decoder.#decode(bytes, isMoreComing)
  }
}

export interface TextDecoderOptions {
  readonly fatal?: boolean
  readonly ignoreBOM?: boolean
}

interface TextDecodeOptions {
  readonly stream?: boolean
}

tagClass(TextDecoder, 'TextDecoder')

/**
 * The bytes, without a copy; none if the buffer was transferred away.
 *
 * @throws TypeError if it is no buffer, shared or not, nor a view of one.
 */
export function encodedBytes(input: unknown): Uint8Array {
  if (isSharedBuffer(input)) return viewBytes(input)
  if (isBufferSource(input)) return sourceBytes(input)
  throw new TypeError('Cannot decode: the input must be an ArrayBuffer or a view of one')
}
