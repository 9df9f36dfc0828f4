import type { webcrypto } from 'node:crypto'
import { checkKey } from './bounds.ts'
import type { WebCryptoKeys } from './keys.ts'
import type { Encapsulated, WebCryptoResult } from './perform.ts'

/** How the result of a call crosses to the guest. */
export interface WebCryptoAnswer {
  /** JSON; '' if bytes are all there is. */
  readonly text: string
  readonly bytes: ArrayBuffer | null
}

/** Keys stay here: the guest gets their numbers. @throws CryptoRefusal if a key is not to be had */
export function answerOf(result: WebCryptoResult, keys: WebCryptoKeys): WebCryptoAnswer {
  if (result instanceof ArrayBuffer) return { text: '', bytes: result }
  if (typeof result === 'boolean') return textAnswer(result)
  if (result instanceof CryptoKey) return textAnswer({ key: keep(result, keys) })
  if ('privateKey' in result) {
    const { publicKey, privateKey } = result as webcrypto.CryptoKeyPair
    return textAnswer({ key: null, publicKey: keep(publicKey, keys), privateKey: keep(privateKey, keys) })
  }
  if ('ciphertext' in result) return encapsulatedAnswer(result as Encapsulated, keys)
  return textAnswer(result)
}

function encapsulatedAnswer({ sharedKey, ciphertext }: Encapsulated, keys: WebCryptoKeys): WebCryptoAnswer {
  if (!(sharedKey instanceof ArrayBuffer)) {
    return { ...textAnswer({ key: keep(sharedKey, keys) }), bytes: ciphertext }
  }
  const bytes = new Uint8Array(sharedKey.byteLength + ciphertext.byteLength)
  bytes.set(new Uint8Array(sharedKey))
  bytes.set(new Uint8Array(ciphertext), sharedKey.byteLength)
  return { ...textAnswer({ sharedKeyLength: sharedKey.byteLength }), bytes: bytes.buffer }
}

function keep(key: webcrypto.CryptoKey, keys: WebCryptoKeys) {
  checkKey(key)
  return keys.add(key)
}

function textAnswer(value: unknown): WebCryptoAnswer {
  return { text: JSON.stringify(value), bytes: null }
}
