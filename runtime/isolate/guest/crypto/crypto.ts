import { tagClass } from '../boot/class-tag.ts'
import { newList } from '../language/list.ts'
import {
  isView,
  numberToString,
  stringPadStart,
  TypeError,
  typedArrayByteLength,
  typedArrayName,
  typedArraySet,
  Uint8Array,
} from '../primordials.ts'
import { sourceBytes, toBufferSource } from './buffer-source.ts'
import { randomBytes } from './random-bytes.ts'
import type { SubtleCrypto } from './subtle-crypto.ts'

/** Random bytes are asked for in stock: a call to the host costs more than the bytes. Each is given out once. */
const stockBytes = 4096
let stock = new Uint8Array(0)
let stockAt = 0

const maxBytes = 65_536
const hex = newList<string>()
for (let byte = 0; byte < 256; byte++) hex[byte] = stringPadStart(numberToString(byte, 16), 2, '0')

/** Given to the constructor by the bootstrap, which no guest can name. */
const internal = { __proto__: null }

/** What the global `crypto` is. */
export let newCrypto: () => Crypto

/** Web Cryptography's `Crypto`. */
export class Crypto {
  #subtle: SubtleCrypto | null = null

  constructor(token: unknown = null) {
    if (token !== internal) throw new TypeError('Illegal constructor')
  }

  get subtle(): SubtleCrypto {
    this.#subtle ??= require('../crypto/subtle-crypto.ts').newSubtleCrypto()
    return this.#subtle
  }

  getRandomValues<View extends ArrayBufferView>(view: View): View {
    if (!isView(view)) throw new TypeError('Cannot fill: must be a typed array')
    if (!isIntegerArray(typedArrayName(view))) {
      throw new (require('../event/dom-exception.ts').DOMException)(
        'Cannot fill: must be a typed array of integers',
        'TypeMismatchError',
      )
    }
    const bytes = sourceBytes(toBufferSource(view))
    const length = typedArrayByteLength(bytes)
    if (length > maxBytes) {
      throw new (require('../event/dom-exception.ts').DOMException)(
        `Cannot fill ${length} bytes: must be at most ${maxBytes} at once`,
        'QuotaExceededError',
      )
    }
    typedArraySet(bytes, this.#take(length), 0)
    return view
  }

  /** A version 4 UUID. */
  randomUUID(): string {
    const bytes = this.#take(16)
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    let text = ''
    for (let index = 0; index < 16; index++) {
      if (index === 4 || index === 6 || index === 8 || index === 10) text += '-'
      text += hex[bytes[index]!]!
    }
    return text
  }

  /** Being private it is only there for a `Crypto`: methods may be called on anything. */
  #take(length: number): Uint8Array {
    if (length > stockBytes) return new Uint8Array(randomBytes(length))
    if (stockAt + length > typedArrayByteLength(stock)) {
      stock = new Uint8Array(randomBytes(stockBytes))
      stockAt = 0
    }
    const taken = new Uint8Array(length)
    for (let index = 0; index < length; index++) {
      taken[index] = stock[stockAt]!
      stock[stockAt++] = 0
    }
    return taken
  }

  static {
    newCrypto = () => new Crypto(internal)
  }
}

tagClass(Crypto, 'Crypto')

function isIntegerArray(name: string | undefined): boolean {
  switch (name) {
    case 'Int8Array':
    case 'Uint8Array':
    case 'Uint8ClampedArray':
    case 'Int16Array':
    case 'Uint16Array':
    case 'Int32Array':
    case 'Uint32Array':
    case 'BigInt64Array':
    case 'BigUint64Array':
      return true
  }
  return false
}
