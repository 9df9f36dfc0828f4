import type { KeyAnswer, Piece } from '../../web-crypto/abi.ts'
import { concatBytes, copyBytes, exactBuffer } from '../language/bytes.ts'
import { newList } from '../language/list.ts'
import { jsonStringify, typedArrayByteLength } from '../primordials.ts'
import { sourceBytes } from './buffer-source.ts'

/** One call of `subtle`, as it is put together for the host; see `web-crypto-abi.ts`. */
export class CryptoRequest {
  readonly #fields: Record<string, unknown>
  readonly #keys: KeyAnswer[] = newList()
  readonly #chunks: Uint8Array[] = newList()
  #byteLength = 0

  constructor(method: string) {
    this.#fields = { __proto__: null, method } as Record<string, unknown>
  }

  put(name: string, value: unknown): void {
    this.#fields[name] = value
  }

  putKey(name: string, key: KeyAnswer): void {
    this.#fields[name] = this.idOf(key)
  }

  /** Bytes that nobody can change before the request is sent: they are not copied until then. */
  putBytes(name: string, source: ArrayBuffer | ArrayBufferView): void {
    this.#fields[name] = this.#add(sourceBytes(source))
  }

  idOf(key: KeyAnswer): number {
    this.#keys[this.#keys.length] = key
    return key.id
  }

  /** Copies the bytes as they are now. */
  copyOf(source: ArrayBuffer | ArrayBufferView): Piece {
    return this.#add(copyBytes(sourceBytes(source)))
  }

  /** The key of this call that the host does not have at hand. */
  keyOf(id: number): KeyAnswer | undefined {
    for (let index = 0; index < this.#keys.length; index++) {
      if (this.#keys[index]!.id === id) return this.#keys[index]
    }
    return undefined
  }

  json(): string {
    return jsonStringify(this.#fields)
  }

  bytes(): ArrayBuffer | undefined {
    if (this.#byteLength === 0) return undefined
    return exactBuffer(this.#chunks.length === 1 ? this.#chunks[0]! : concatBytes(this.#chunks))
  }

  #add(bytes: Uint8Array): Piece {
    const length = typedArrayByteLength(bytes)
    const piece = { __proto__: null, at: this.#byteLength, length }
    if (length > 0) this.#chunks[this.#chunks.length] = bytes
    this.#byteLength += length
    return piece
  }
}
