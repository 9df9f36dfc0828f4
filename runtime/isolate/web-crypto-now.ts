import { createHmac, createSecretKey, hash, timingSafeEqual, type webcrypto } from 'node:crypto'
import { exactBuffer } from './op-calls.ts'
import type { WebCryptoCall } from './web-crypto-call.ts'
import type { WebCryptoResult } from './web-crypto-perform.ts'

/**
 * Up to here hashing takes less time than having a thread do it and entering the isolate once more to say so, some
 * 60 µs.
 */
const maxBytesNow = 16 * 1024

/** Node's names of digests that are fast. */
const digests: Readonly<Record<string, string>> = {
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}

/** What is answered at once: what checking a token takes. Undefined = to be done in the usual way. */
export function performNow(call: WebCryptoCall): WebCryptoResult | undefined {
  if (call.data.byteLength > maxBytesNow) return undefined
  switch (call.method) {
    case 'digest':
      return digestNow(call)
    case 'sign':
      return hmacNow(call)?.buffer
    case 'verify': {
      const expected = hmacNow(call)
      if (expected === undefined) return undefined
      return expected.byteLength === call.signature.byteLength && timingSafeEqual(expected, call.signature)
    }
    case 'importKey':
      return importSecretNow(call)
  }
  return undefined
}

function digestNow({ algorithm, data }: WebCryptoCall): ArrayBuffer | undefined {
  const digest = digests[algorithm.name]
  return digest === undefined ? undefined : exactBuffer(hash(digest, data, 'buffer'))
}

/** Undefined also if the key is not one to be used so, which Node says better. */
function hmacNow({ method, algorithm, key, data }: WebCryptoCall): Uint8Array<ArrayBuffer> | undefined {
  if (algorithm.name !== 'HMAC' || key === null) return undefined
  const { cryptoKey, keyObject } = key
  if (cryptoKey.algorithm.name !== 'HMAC' || !cryptoKey.usages.includes(method as 'sign' | 'verify'))
    return undefined
  const digest = digests[(cryptoKey.algorithm as webcrypto.HmacKeyAlgorithm).hash.name]
  if (digest === undefined) return undefined
  return new Uint8Array(exactBuffer(createHmac(digest, keyObject).update(data).digest()))
}

/** Algorithms whose secret keys are bytes of any kind, or of a length that is checked. */
const rawSecrets = new Set(['HMAC', 'AES-GCM', 'AES-CBC', 'AES-CTR', 'AES-KW', 'HKDF', 'PBKDF2'])

function importSecretNow(call: WebCryptoCall): webcrypto.CryptoKey | undefined {
  const { format, algorithm, data, extractable, usages } = call
  if ((format !== 'raw' && format !== 'raw-secret') || !rawSecrets.has(algorithm.name)) return undefined
  return createSecretKey(data).toCryptoKey(algorithm, extractable, usages)
}
