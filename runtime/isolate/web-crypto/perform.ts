import { webcrypto } from 'node:crypto'
import type { AlgorithmParameters, WebCryptoCall } from './call.ts'
import { CryptoRefusal } from './refusal.ts'

export interface Encapsulated {
  readonly sharedKey: ArrayBuffer | webcrypto.CryptoKey
  readonly ciphertext: ArrayBuffer
}

export type WebCryptoResult =
  | ArrayBuffer
  | boolean
  | webcrypto.CryptoKey
  | webcrypto.CryptoKeyPair
  | webcrypto.JsonWebKey
  | Encapsulated

/** What Node has and its types do not. */
interface Subtle {
  encrypt(algorithm: object, key: object, data: Uint8Array): Promise<ArrayBuffer>
  decrypt(algorithm: object, key: object, data: Uint8Array): Promise<ArrayBuffer>
  sign(algorithm: object, key: object, data: Uint8Array): Promise<ArrayBuffer>
  verify(algorithm: object, key: object, signature: Uint8Array, data: Uint8Array): Promise<boolean>
  digest(algorithm: object, data: Uint8Array): Promise<ArrayBuffer>
  generateKey(
    algorithm: object,
    extractable: boolean,
    usages: string[],
  ): Promise<webcrypto.CryptoKey | webcrypto.CryptoKeyPair>
  deriveBits(algorithm: object, key: object, length: number | null): Promise<ArrayBuffer>
  deriveKey(algorithm: object, key: object, ...made: MadeKey): Promise<webcrypto.CryptoKey>
  importKey(format: string, data: object, ...made: MadeKey): Promise<webcrypto.CryptoKey>
  exportKey(format: string, key: object): Promise<ArrayBuffer | webcrypto.JsonWebKey>
  wrapKey(format: string, key: object, wrappingKey: object, algorithm: object): Promise<ArrayBuffer>
  unwrapKey(
    format: string,
    wrapped: Uint8Array,
    key: object,
    algorithm: object,
    ...made: MadeKey
  ): Promise<webcrypto.CryptoKey>
  getPublicKey(key: object, usages: string[]): Promise<webcrypto.CryptoKey>
  encapsulateBits(algorithm: object, key: object): Promise<Encapsulated>
  encapsulateKey(algorithm: object, key: object, ...made: MadeKey): Promise<Encapsulated>
  decapsulateBits(algorithm: object, key: object, ciphertext: Uint8Array): Promise<ArrayBuffer>
  decapsulateKey(
    algorithm: object,
    key: object,
    ciphertext: Uint8Array,
    ...made: MadeKey
  ): Promise<webcrypto.CryptoKey>
}

type MadeKey = [algorithm: AlgorithmParameters, extractable: boolean, usages: string[]]

const subtle = webcrypto.subtle as unknown as Subtle

/** Has Node do what the guest asks for: it judges the rest, in the order of the standard. */
export function perform(call: WebCryptoCall): Promise<WebCryptoResult> {
  const { method, algorithm, data, format, usages, extractable } = call
  const made: MadeKey = [call.keyAlgorithm, extractable, usages]
  switch (method) {
    case 'encrypt':
    case 'decrypt':
    case 'sign':
    case 'decapsulateBits':
      return subtle[method](algorithm, keyOf(call), data)
    case 'verify':
      return subtle.verify(algorithm, keyOf(call), call.signature, data)
    case 'digest':
      return subtle.digest(algorithm, data)
    case 'generateKey':
      return subtle.generateKey(algorithm, extractable, usages)
    case 'deriveBits':
      return subtle.deriveBits(algorithm, keyOf(call), call.length)
    case 'deriveKey':
    case 'encapsulateKey':
      return subtle[method](algorithm, keyOf(call), ...made)
    case 'importKey':
      return subtle.importKey(format, format === 'jwk' ? call.jwk : data, algorithm, extractable, usages)
    case 'exportKey':
      return subtle.exportKey(format, keyOf(call))
    case 'wrapKey':
      return subtle.wrapKey(format, keyOf(call), wrappingKeyOf(call), algorithm)
    case 'unwrapKey':
      return subtle.unwrapKey(format, data, wrappingKeyOf(call), algorithm, ...made)
    case 'getPublicKey':
      return subtle.getPublicKey(keyOf(call), usages)
    case 'encapsulateBits':
      return subtle.encapsulateBits(algorithm, keyOf(call))
    case 'decapsulateKey':
      return subtle.decapsulateKey(algorithm, keyOf(call), data, ...made)
  }
}

/** Whether Node does it on its threads. Keys are read and written where it is called. */
export function isThreaded({ method }: WebCryptoCall): boolean {
  return method !== 'importKey' && method !== 'exportKey' && method !== 'getPublicKey'
}

function keyOf({ key }: WebCryptoCall): webcrypto.CryptoKey {
  if (key === null) throw noKey()
  return key.cryptoKey
}

function wrappingKeyOf({ wrappingKey }: WebCryptoCall): webcrypto.CryptoKey {
  if (wrappingKey === null) throw noKey()
  return wrappingKey.cryptoKey
}

function noKey(): CryptoRefusal {
  return new CryptoRefusal('InvalidAccessError', 'Cannot use the key: there is none')
}
