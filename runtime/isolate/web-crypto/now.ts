import { createHmac, createSecretKey, hash, timingSafeEqual, type webcrypto } from 'node:crypto'
import { exactBuffer } from '../ops/op-calls.ts'
import type { WebCryptoCall } from './call.ts'
import { decryptNow, encryptNow } from './cipher-now.ts'
import type { HostKey } from './keys.ts'
import type { WebCryptoResult } from './perform.ts'
import { verifyNow } from './verify-now.ts'

/**
 * Up to here the work takes less time than having a thread do it and entering the isolate once more to say so: 60 to
 * 90 µs.
 */
const maxBytesNow = 16 * 1024

/** Node's names of digests that are fast. */
const digests: Readonly<Record<string, string>> = {
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}

/**
 * What is answered at once: what checking a token takes, or opening a cookie. Undefined = to be done in the usual way,
 * also if the key is none for it: Node says that better.
 */
export function performNow(call: WebCryptoCall): WebCryptoResult | undefined {
  if (call.byteLength > maxBytesNow) return undefined
  const { method, key } = call
  if (method === 'digest') return digestNow(call)
  if (method === 'importKey') return importSecretNow(call)
  if (key === null || !isFor(call, key)) return undefined
  switch (method) {
    case 'sign':
      return hmacNow(call, key)?.buffer
    case 'verify':
      return key.cryptoKey.type === 'secret' ? verifyHmacNow(call, key) : verifyNow(call, key, digests)
    case 'encrypt':
      return encryptNow(call, key)
    case 'decrypt':
      return decryptNow(call, key)
  }
  return undefined
}

function isFor({ algorithm, method }: WebCryptoCall, { cryptoKey }: HostKey): boolean {
  return (
    cryptoKey.algorithm.name === algorithm.name && cryptoKey.usages.includes(method as webcrypto.KeyUsage)
  )
}

function digestNow({ algorithm, data }: WebCryptoCall): ArrayBuffer | undefined {
  const digest = digests[algorithm.name]
  return digest === undefined ? undefined : exactBuffer(hash(digest, data, 'buffer'))
}

function hmacNow({ algorithm, data }: WebCryptoCall, key: HostKey): Uint8Array<ArrayBuffer> | undefined {
  if (algorithm.name !== 'HMAC') return undefined
  const digest = digests[(key.cryptoKey.algorithm as webcrypto.HmacKeyAlgorithm).hash.name]
  if (digest === undefined) return undefined
  return new Uint8Array(exactBuffer(createHmac(digest, key.keyObject).update(data).digest()))
}

function verifyHmacNow(call: WebCryptoCall, key: HostKey): boolean | undefined {
  const expected = hmacNow(call, key)
  if (expected === undefined) return undefined
  return expected.byteLength === call.signature.byteLength && timingSafeEqual(expected, call.signature)
}

/** Algorithms whose secret keys are bytes of any kind, or of a length that is checked. */
const rawSecrets = new Set(['HMAC', 'AES-GCM', 'AES-CBC', 'AES-CTR', 'AES-KW', 'HKDF', 'PBKDF2'])

function importSecretNow(call: WebCryptoCall): webcrypto.CryptoKey | undefined {
  const { format, algorithm, data, extractable, usages } = call
  if ((format !== 'raw' && format !== 'raw-secret') || !rawSecrets.has(algorithm.name)) return undefined
  return createSecretKey(data).toCryptoKey(algorithm, extractable, usages)
}
