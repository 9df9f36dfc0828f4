import { verify, type webcrypto } from 'node:crypto'
import type { WebCryptoCall } from './call.ts'
import type { HostKey } from './keys.ts'

/** Checking with longer moduli, or other exponents than the usual 65 537, may take milliseconds. */
const maxModulusBits = 4096
const maxExponentBytes = 3

/**
 * Whether a signature of the kinds that tokens have is good. Undefined = to be told in the usual way. `digests`: Node's
 * names of those that are fast.
 */
export function verifyNow(
  { algorithm, data, signature }: WebCryptoCall,
  { cryptoKey, keyObject }: HostKey,
  digests: Readonly<Record<string, string>>,
): boolean | undefined {
  if (cryptoKey.type !== 'public') return undefined
  switch (algorithm.name) {
    case 'RSASSA-PKCS1-v1_5': {
      const { hash, modulusLength, publicExponent } = cryptoKey.algorithm as webcrypto.RsaHashedKeyAlgorithm
      const digest = digests[hash.name]
      if (digest === undefined || modulusLength > maxModulusBits || publicExponent.length > maxExponentBytes)
        return undefined
      return verify(digest, data, keyObject, signature)
    }
    case 'ECDSA': {
      const digest = digests[String(algorithm.hash)]
      // The longer curves take half a millisecond and more.
      const { namedCurve } = cryptoKey.algorithm as webcrypto.EcKeyAlgorithm
      if (digest === undefined || namedCurve !== 'P-256') return undefined
      return verify(digest, data, { key: keyObject, dsaEncoding: 'ieee-p1363' }, signature)
    }
    case 'Ed25519':
      return verify(null, data, keyObject, signature)
  }
  return undefined
}
