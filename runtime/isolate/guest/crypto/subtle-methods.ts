import type { Operation } from '../../web-crypto/abi.ts'

export type Parameter =
  | 'algorithm'
  | 'keyAlgorithm'
  | 'key'
  | 'wrappingKey'
  | 'format'
  | 'keyData'
  | 'data'
  | 'signature'
  | 'length'
  | 'extractable'
  | 'usages'

/** An algorithm is normalized for the first of these operations that it is registered for. */
type Normalization = readonly ['algorithm' | 'keyAlgorithm', Operation, Operation?]

export interface Method {
  readonly parameters: readonly Parameter[]
  /** In order. What the last one of the same parameter made is sent. */
  readonly normalizations: readonly Normalization[]
}

function method(parameters: readonly Parameter[], ...normalizations: Normalization[]): Method {
  return { parameters, normalizations }
}

/** The methods of `subtle`, as Web IDL has their parameters. */
export const subtleMethods = {
  encrypt: method(['algorithm', 'key', 'data'], ['algorithm', 'encrypt']),
  decrypt: method(['algorithm', 'key', 'data'], ['algorithm', 'decrypt']),
  sign: method(['algorithm', 'key', 'data'], ['algorithm', 'sign']),
  verify: method(['algorithm', 'key', 'signature', 'data'], ['algorithm', 'verify']),
  digest: method(['algorithm', 'data'], ['algorithm', 'digest']),
  generateKey: method(['algorithm', 'extractable', 'usages'], ['algorithm', 'generateKey']),
  deriveKey: method(
    ['algorithm', 'key', 'keyAlgorithm', 'extractable', 'usages'],
    ['algorithm', 'deriveBits'],
    ['keyAlgorithm', 'importKey'],
    // Has what the import needs, too.
    ['keyAlgorithm', 'keyLength'],
  ),
  deriveBits: method(['algorithm', 'key', 'length'], ['algorithm', 'deriveBits']),
  importKey: method(['format', 'keyData', 'algorithm', 'extractable', 'usages'], ['algorithm', 'importKey']),
  exportKey: method(['format', 'key']),
  wrapKey: method(['format', 'key', 'wrappingKey', 'algorithm'], ['algorithm', 'wrapKey', 'encrypt']),
  unwrapKey: method(
    ['format', 'data', 'wrappingKey', 'algorithm', 'keyAlgorithm', 'extractable', 'usages'],
    ['algorithm', 'unwrapKey', 'decrypt'],
    ['keyAlgorithm', 'importKey'],
  ),
  getPublicKey: method(['key', 'usages']),
  encapsulateBits: method(['algorithm', 'key'], ['algorithm', 'encapsulate']),
  encapsulateKey: method(
    ['algorithm', 'key', 'keyAlgorithm', 'extractable', 'usages'],
    ['algorithm', 'encapsulate'],
    ['keyAlgorithm', 'importKey'],
  ),
  decapsulateBits: method(['algorithm', 'key', 'data'], ['algorithm', 'decapsulate']),
  decapsulateKey: method(
    ['algorithm', 'key', 'data', 'keyAlgorithm', 'extractable', 'usages'],
    ['algorithm', 'decapsulate'],
    ['keyAlgorithm', 'importKey'],
  ),
} as const
