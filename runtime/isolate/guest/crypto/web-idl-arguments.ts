import type { KeyAnswer } from '../../web-crypto/abi.ts'
import { toSequence } from '../language/web-idl.ts'
import { TypeError, trunc } from '../primordials.ts'
import { keyAnswerOf } from './crypto-key.ts'

/** `AlgorithmIdentifier`. @throws TypeError */
export function toAlgorithm(value: unknown): object | string {
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') return value
  return `${value as string}`
}

/** `CryptoKey`. @throws TypeError */
export function toKey(value: unknown): KeyAnswer {
  const key = keyAnswerOf(value)
  if (key === null) throw new TypeError('Cannot use the key: must be a CryptoKey')
  return key
}

/** `KeyFormat`. @throws TypeError */
export function toFormat(value: unknown): string {
  const format = `${value as string}`
  switch (format) {
    case 'raw':
    case 'raw-public':
    case 'raw-seed':
    case 'raw-secret':
    case 'raw-private':
    case 'pkcs8':
    case 'spki':
    case 'jwk':
      return format
  }
  throw new TypeError(`Cannot use the format ${format}: must be raw, pkcs8, spki, jwk or one of raw-…`)
}

/** `sequence<KeyUsage>`, joined by commas. @throws TypeError */
export function toUsages(value: unknown): string {
  const items = toSequence(value, 'key usages')
  let usages = ''
  for (let index = 0; index < items.length; index++) {
    usages += `${index === 0 ? '' : ','}${toUsage(items[index])}`
  }
  return usages
}

function toUsage(value: unknown): string {
  const usage = `${value as string}`
  switch (usage) {
    case 'encrypt':
    case 'decrypt':
    case 'sign':
    case 'verify':
    case 'deriveKey':
    case 'deriveBits':
    case 'wrapKey':
    case 'unwrapKey':
    case 'encapsulateBits':
    case 'decapsulateBits':
    case 'encapsulateKey':
    case 'decapsulateKey':
      return usage
  }
  throw new TypeError(`Cannot use a key for ${usage}: not a key usage`)
}

export const maxOctet = 2 ** 8 - 1
export const maxShort = 2 ** 16 - 1
export const maxLong = 2 ** 32 - 1

/** `[EnforceRange]` of an unsigned integer. @throws TypeError */
export function toInteger(value: unknown, most: number): number {
  const given = +(value as number)
  const integer = trunc(given)
  if (integer >= 0 && integer <= most) return integer === 0 ? 0 : integer
  throw new TypeError(`Cannot use ${given}: must be from 0 to ${most}`)
}

/** A number of bits, null if none is given. @throws TypeError */
export function toBits(value: unknown): number | null {
  return value === undefined || value === null ? null : toInteger(value, maxLong)
}
