import { tagClass } from '../boot/class-tag.ts'
import { isBufferSource, viewBytes } from '../language/bytes.ts'
import {
  RangeError,
  stringIndexOf,
  stringToLowerCase,
  stringTrim,
  TypeError,
  Uint8Array,
} from '../primordials.ts'
import { Utf8Decoder } from './utf8-decode.ts'
import { Utf16Decoder } from './utf16-decode.ts'
import { decodeWindows1252 } from './windows-1252.ts'

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

/** Keeps the beginning of a character until the rest comes. */
interface Decoder {
  decode(bytes: Uint8Array, isMoreComing: boolean): string
}

/** The Encoding standard's `TextDecoder`, for the encodings that are met on the web of today. */
export class TextDecoder {
  readonly #encoding: Encoding
  readonly #isFatal: boolean
  readonly #keepsMark: boolean
  #decoder: Decoder | null = null

  constructor(label = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    this.#encoding = encodingOf(`${label}`)
    this.#isFatal = !!options.fatal
    this.#keepsMark = !!options.ignoreBOM
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

  decode(input?: ArrayBuffer | ArrayBufferView, options: { stream?: boolean } = {}): string {
    if (input !== undefined && !isBufferSource(input)) {
      throw new TypeError('Cannot decode: the input must be an ArrayBuffer or a view of one')
    }
    const isMoreComing = !!options.stream
    const decoder = this.#decoder ?? this.#newDecoder()
    // One that fails begins anew, and so does the one after the last chunk.
    this.#decoder = null
    const text = decoder.decode(input === undefined ? new Uint8Array(0) : viewBytes(input), isMoreComing)
    if (isMoreComing) this.#decoder = decoder
    return text
  }

  #newDecoder(): Decoder {
    switch (this.#encoding) {
      case 'utf-8':
        return new Utf8Decoder(this.#isFatal, this.#keepsMark)
      case 'windows-1252':
        return { decode: decodeWindows1252 }
      default:
        return new Utf16Decoder(this.#encoding === 'utf-16be', this.#isFatal, this.#keepsMark)
    }
  }
}

tagClass(TextDecoder, 'TextDecoder')

/** Labels of each encoding, between spaces. Latin-1 and ASCII are windows-1252 on the web. */
const utf8Labels = ' utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 '
const utf16Labels = ' utf-16le utf-16 ucs-2 unicode csunicode iso-10646-ucs-2 unicodefeff '
const utf16BigLabels = ' utf-16be unicodefffe '
const latinLabels =
  ' windows-1252 latin1 iso-8859-1 ascii us-ascii ansi_x3.4-1968 cp1252 cp819 csisolatin1 ibm819 iso-ir-100' +
  ' iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 x-cp1252 '

function encodingOf(label: string): Encoding {
  const name = stringToLowerCase(stringTrim(label))
  const key = ` ${name} `
  if (name !== '' && stringIndexOf(name, ' ') === -1) {
    if (stringIndexOf(utf8Labels, key) !== -1) return 'utf-8'
    if (stringIndexOf(utf16Labels, key) !== -1) return 'utf-16le'
    if (stringIndexOf(utf16BigLabels, key) !== -1) return 'utf-16be'
    if (stringIndexOf(latinLabels, key) !== -1) return 'windows-1252'
  }
  throw new RangeError(`Cannot decode "${label}": must be UTF-8, UTF-16 or Latin-1`)
}
