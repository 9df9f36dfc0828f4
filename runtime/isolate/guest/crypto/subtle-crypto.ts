import type { KeyAnswer } from '../../web-crypto/abi.ts'
import { tagClass } from '../boot/class-tag.ts'
import { Deferred } from '../language/deferred.ts'
import { arrayBufferSlice, jsonParse, TypeError } from '../primordials.ts'
import { type Answer, askHost } from './ask-host.ts'
import { type CryptoKey, newCryptoKey } from './crypto-key.ts'
import { readCall } from './read-call.ts'
import type { subtleMethods } from './subtle-methods.ts'

interface CryptoKeyPair {
  publicKey: CryptoKey
  privateKey: CryptoKey
}

interface Encapsulated<SharedKey> {
  sharedKey: SharedKey
  ciphertext: ArrayBuffer
}

/** Given to the constructor by the bootstrap, which no guest can name. */
const internal = { __proto__: null }

export let newSubtleCrypto: () => SubtleCrypto
let isSubtleCrypto: (value: object) => boolean

/**
 * Web Cryptography's `SubtleCrypto`. Here arguments are read, as Web IDL says and in its order; what they mean together
 * is the host's to judge, and the work is done there.
 */
export class SubtleCrypto {
  readonly #isSubtleCrypto = true

  constructor(token: unknown = null) {
    if (token !== internal) throw new TypeError('Illegal constructor')
  }

  encrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    return call(this, 'encrypt', [algorithm, key, data], bytesOf)
  }

  decrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    return call(this, 'decrypt', [algorithm, key, data], bytesOf)
  }

  sign(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    return call(this, 'sign', [algorithm, key, data], bytesOf)
  }

  verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<boolean> {
    return call(this, 'verify', [algorithm, key, signature, data], jsonOf<boolean>)
  }

  digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
    return call(this, 'digest', [algorithm, data], bytesOf)
  }

  generateKey(
    algorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey | CryptoKeyPair> {
    return call(this, 'generateKey', [algorithm, extractable, keyUsages], keysOf)
  }

  deriveKey(
    algorithm: unknown,
    baseKey: unknown,
    derivedKeyType: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    return call(this, 'deriveKey', [algorithm, baseKey, derivedKeyType, extractable, keyUsages], keyOf)
  }

  deriveBits(algorithm: unknown, baseKey: unknown, length: unknown = null): Promise<ArrayBuffer> {
    return call(this, 'deriveBits', [algorithm, baseKey, length], bytesOf)
  }

  importKey(
    format: unknown,
    keyData: unknown,
    algorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    return call(this, 'importKey', [format, keyData, algorithm, extractable, keyUsages], keyOf)
  }

  exportKey(format: unknown, key: unknown): Promise<ArrayBuffer | object> {
    return call(this, 'exportKey', [format, key], bytesOrJsonOf)
  }

  wrapKey(format: unknown, key: unknown, wrappingKey: unknown, wrapAlgorithm: unknown): Promise<ArrayBuffer> {
    return call(this, 'wrapKey', [format, key, wrappingKey, wrapAlgorithm], bytesOf)
  }

  unwrapKey(
    format: unknown,
    wrappedKey: unknown,
    unwrappingKey: unknown,
    unwrapAlgorithm: unknown,
    unwrappedKeyAlgorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    return call(
      this,
      'unwrapKey',
      [format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages],
      keyOf,
    )
  }

  getPublicKey(key: unknown, keyUsages: unknown): Promise<CryptoKey> {
    return call(this, 'getPublicKey', [key, keyUsages], keyOf)
  }

  encapsulateBits(algorithm: unknown, encapsulationKey: unknown): Promise<Encapsulated<ArrayBuffer>> {
    return call(this, 'encapsulateBits', [algorithm, encapsulationKey], encapsulatedBitsOf)
  }

  encapsulateKey(
    algorithm: unknown,
    encapsulationKey: unknown,
    sharedKeyAlgorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<Encapsulated<CryptoKey>> {
    const given = [algorithm, encapsulationKey, sharedKeyAlgorithm, extractable, keyUsages]
    return call(this, 'encapsulateKey', given, encapsulatedKeyOf)
  }

  decapsulateBits(algorithm: unknown, decapsulationKey: unknown, ciphertext: unknown): Promise<ArrayBuffer> {
    return call(this, 'decapsulateBits', [algorithm, decapsulationKey, ciphertext], bytesOf)
  }

  decapsulateKey(
    algorithm: unknown,
    decapsulationKey: unknown,
    ciphertext: unknown,
    sharedKeyAlgorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    const given = [algorithm, decapsulationKey, ciphertext, sharedKeyAlgorithm, extractable, keyUsages]
    return call(this, 'decapsulateKey', given, keyOf)
  }

  static {
    newSubtleCrypto = () => new SubtleCrypto(internal)
    isSubtleCrypto = (value) => #isSubtleCrypto in value
  }
}

tagClass(SubtleCrypto, 'SubtleCrypto')

/** Never throws: methods that return promises reject them. */
function call<Value>(
  receiver: object,
  method: keyof typeof subtleMethods,
  given: readonly unknown[],
  read: (answer: Answer) => Value,
): Promise<Value> {
  const deferred = new Deferred<Value>()
  try {
    if (!isObject(receiver) || !isSubtleCrypto(receiver)) throw new TypeError('Illegal invocation')
    askHost(readCall(method, given), deferred, read)
  } catch (thrown) {
    deferred.reject(thrown)
  }
  return deferred.promise
}

/** A method taken off its object may be called on anything. */
function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function bytesOf(answer: Answer): ArrayBuffer {
  return answer.bytes()
}

function jsonOf<Value>(answer: Answer): Value {
  return jsonParse(answer.text) as Value
}

function bytesOrJsonOf(answer: Answer): ArrayBuffer | object {
  return answer.text === '' ? answer.bytes() : jsonOf<object>(answer)
}

function keyOf(answer: Answer): CryptoKey {
  return newCryptoKey(jsonOf<{ key: KeyAnswer }>(answer).key)
}

function keysOf(answer: Answer): CryptoKey | CryptoKeyPair {
  const { key, publicKey, privateKey } = jsonOf<Record<string, KeyAnswer | null>>(answer)
  if (key !== null) return newCryptoKey(key!)
  return { publicKey: newCryptoKey(publicKey!), privateKey: newCryptoKey(privateKey!) }
}

function encapsulatedBitsOf(answer: Answer): Encapsulated<ArrayBuffer> {
  const { sharedKeyLength } = jsonOf<{ sharedKeyLength: number }>(answer)
  const bytes = answer.bytes()
  return {
    sharedKey: arrayBufferSlice(bytes, 0, sharedKeyLength),
    ciphertext: arrayBufferSlice(bytes, sharedKeyLength),
  }
}

function encapsulatedKeyOf(answer: Answer): Encapsulated<CryptoKey> {
  return { sharedKey: keyOf(answer), ciphertext: answer.bytes() }
}
