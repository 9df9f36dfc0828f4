import type { webcrypto } from 'node:crypto'
import { type MemberKind, type Operation, type Registration, registrations } from './abi.ts'
import type { HostKey, WebCryptoKeys } from './keys.ts'

/** The parameters of an algorithm, as Node takes them. */
export type AlgorithmParameters = { readonly name: string } & Readonly<Record<string, unknown>>

/** A call of `subtle`, checked for its form. Which fields there are depends on the method. */
export interface WebCryptoCall {
  readonly method: WebCryptoMethod
  /** Of all bytes that came with it. */
  readonly byteLength: number
  readonly algorithm: AlgorithmParameters
  /** Of the key that is made, for methods that have an algorithm besides. */
  readonly keyAlgorithm: AlgorithmParameters
  readonly key: HostKey | null
  /** The key that wraps or unwraps. */
  readonly wrappingKey: HostKey | null
  readonly format: webcrypto.KeyFormat
  readonly data: Uint8Array
  readonly signature: Uint8Array
  readonly jwk: webcrypto.JsonWebKey
  readonly extractable: boolean
  readonly usages: webcrypto.KeyUsage[]
  /** In bits. */
  readonly length: number | null
}

/** The operations that the algorithm of each method may be registered for, and the one of the key that it makes. */
const methods = {
  encrypt: { algorithm: ['encrypt'] },
  decrypt: { algorithm: ['decrypt'] },
  sign: { algorithm: ['sign'] },
  verify: { algorithm: ['verify'] },
  digest: { algorithm: ['digest'] },
  generateKey: { algorithm: ['generateKey'] },
  importKey: { algorithm: ['importKey'] },
  exportKey: {},
  deriveBits: { algorithm: ['deriveBits'] },
  deriveKey: { algorithm: ['deriveBits'], keyAlgorithm: ['keyLength'] },
  wrapKey: { algorithm: ['wrapKey', 'encrypt'] },
  unwrapKey: { algorithm: ['unwrapKey', 'decrypt'], keyAlgorithm: ['importKey'] },
  getPublicKey: {},
  encapsulateBits: { algorithm: ['encapsulate'] },
  encapsulateKey: { algorithm: ['encapsulate'], keyAlgorithm: ['importKey'] },
  decapsulateBits: { algorithm: ['decapsulate'] },
  decapsulateKey: { algorithm: ['decapsulate'], keyAlgorithm: ['importKey'] },
} as const satisfies Record<string, { algorithm?: readonly Operation[]; keyAlgorithm?: readonly Operation[] }>

export type WebCryptoMethod = keyof typeof methods

/** A key that the call names is not at hand. */
export class KeyNotAtHand {
  readonly id: number

  constructor(id: number) {
    this.id = id
  }
}

/**
 * Reads what a guest sends. Every field is hostile: only known ones are looked at, and each for its type.
 *
 * @throws KeyNotAtHand
 * @throws TypeError if it is no call
 */
export function readCall(json: string, bytes: Uint8Array, keys: WebCryptoKeys): WebCryptoCall {
  return new CallReader(json, bytes, keys).read()
}

class CallReader {
  readonly #fields: Record<string, unknown>
  readonly #bytes: Uint8Array
  readonly #keys: WebCryptoKeys

  constructor(json: string, bytes: Uint8Array, keys: WebCryptoKeys) {
    this.#fields = objectOf(JSON.parse(json))
    this.#bytes = bytes
    this.#keys = keys
  }

  read(): WebCryptoCall {
    const fields = this.#fields
    const method = fields.method
    if (typeof method !== 'string' || !Object.hasOwn(methods, method)) throw malformed('method')
    const operations: { algorithm?: readonly Operation[]; keyAlgorithm?: readonly Operation[] } =
      methods[method as WebCryptoMethod]
    return {
      method: method as WebCryptoMethod,
      byteLength: this.#bytes.byteLength,
      algorithm: this.#algorithm(fields.algorithm, operations.algorithm),
      keyAlgorithm: this.#algorithm(fields.keyAlgorithm, operations.keyAlgorithm),
      key: fields.key === undefined ? null : this.#key(fields.key),
      wrappingKey: fields.wrappingKey === undefined ? null : this.#key(fields.wrappingKey),
      format: textOf(fields.format ?? '') as webcrypto.KeyFormat,
      data: fields.data === undefined ? new Uint8Array() : this.#piece(fields.data),
      signature: fields.signature === undefined ? new Uint8Array() : this.#piece(fields.signature),
      jwk: jwkOf(fields.jwk ?? {}),
      extractable: fields.extractable === true,
      usages: textOf(fields.usages ?? '')
        .split(',')
        .filter((usage) => usage !== '') as webcrypto.KeyUsage[],
      length: fields.length == null ? null : integerOf(fields.length),
    }
  }

  #algorithm(value: unknown, operations: readonly Operation[] | undefined): AlgorithmParameters {
    if (operations === undefined) return noAlgorithm
    const given = objectOf(value)
    const name = textOf(given.name)
    if (!Object.hasOwn(registrations, name)) throw malformed('algorithm')
    const registration: Registration = registrations[name]!
    const operation = operations.find((one) => registration[one] !== undefined)
    if (operation === undefined) throw malformed('algorithm')
    const parameters: { name: string } & Record<string, unknown> = { name }
    for (const member of registration[operation] ?? []) {
      const part = given[member.name]
      if (part !== undefined) parameters[member.name] = this.#member(part, member.kind)
    }
    return parameters
  }

  #member(value: unknown, kind: MemberKind): unknown {
    switch (kind) {
      case 'bytes':
      case 'bigInteger':
        return this.#piece(value)
      case 'octet':
      case 'short':
      case 'long':
        return integerOf(value)
      case 'hash':
      case 'text':
        return textOf(value)
      case 'key':
        return this.#key(value).cryptoKey
    }
  }

  #piece(value: unknown): Uint8Array {
    const { at, length } = objectOf(value)
    const start = integerOf(at)
    const end = start + integerOf(length)
    if (end > this.#bytes.byteLength) throw malformed('bytes')
    return this.#bytes.subarray(start, end)
  }

  #key(value: unknown): HostKey {
    const id = integerOf(value)
    const key = this.#keys.get(id)
    if (key === undefined) throw new KeyNotAtHand(id)
    return key
  }
}

const noAlgorithm: AlgorithmParameters = { name: '' }

/** Members are text, but for these. Of other primes Node takes none. */
function jwkOf(value: unknown): webcrypto.JsonWebKey {
  const jwk: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(objectOf(value))) {
    if (name === 'ext') jwk[name] = member === true
    else if (name === 'key_ops' || name === 'oth') jwk[name] = Array.isArray(member) ? member.map(String) : []
    else jwk[name] = textOf(member)
  }
  return jwk
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw malformed('object')
  return value as Record<string, unknown>
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw malformed('text')
  return value
}

function integerOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw malformed('number')
  return value
}

function malformed(what: string): TypeError {
  return new TypeError(`Cannot read the call: its ${what} is malformed`)
}
