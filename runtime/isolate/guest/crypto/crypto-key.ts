import type { KeyAnswer, KeyAttributes } from '../../web-crypto/abi.ts'
import { tagClass } from '../boot/class-tag.ts'
import { defineOwn } from '../language/define-own.ts'
import { registerSerializable } from '../messaging/clone-registry.ts'
import { jsonParse, TypeError, Uint8Array } from '../primordials.ts'

export let newCryptoKey: (key: KeyAnswer) => CryptoKey
/** What the host knows the key by; null if it is no key. */
export let keyAnswerOf: (value: unknown) => KeyAnswer | null

/** Given to the constructor by the bootstrap, which no guest can name. */
const internal = { __proto__: null }

/**
 * Web Cryptography's `CryptoKey`. The key itself is the host's, and so is what it may be used for: the attributes here
 * are there to be looked at.
 */
export class CryptoKey {
  readonly #key: KeyAnswer
  #attributes: KeyAttributes | null = null

  constructor(token: unknown = null, key?: KeyAnswer) {
    if (token !== internal) throw new TypeError('Illegal constructor')
    this.#key = key!
  }

  get type(): string {
    return this.#read().type
  }

  get extractable(): boolean {
    return this.#read().extractable
  }

  get algorithm(): object {
    return this.#read().algorithm
  }

  get usages(): string[] {
    return this.#read().usages
  }

  /** The same objects each time. */
  #read(): KeyAttributes {
    if (this.#attributes !== null) return this.#attributes
    const attributes = jsonParse(this.#key.attributes) as KeyAttributes
    const exponent = attributes.algorithm.publicExponent as readonly number[] | undefined
    if (exponent !== undefined) {
      const bytes = new Uint8Array(exponent.length)
      for (let index = 0; index < exponent.length; index++) bytes[index] = exponent[index]!
      defineOwn(attributes.algorithm, 'publicExponent', bytes)
    }
    this.#attributes = attributes
    return attributes
  }

  static {
    newCryptoKey = (key) => new CryptoKey(internal, key)
    keyAnswerOf = (value) =>
      typeof value === 'object' && value !== null && #key in value ? value.#key : null
  }
}

tagClass(CryptoKey, 'CryptoKey')
registerSerializable({
  is: (value) => keyAnswerOf(value) !== null,
  // The host's key is the same: nothing about it can be changed.
  clone: (value) => newCryptoKey(keyAnswerOf(value)!),
})
