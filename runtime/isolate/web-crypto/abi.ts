/**
 * What Web Cryptography has, known to the guest, which reads the parameters of calls as Web IDL says, and to the host,
 * which takes nothing else: algorithms by operation, and the dictionaries of their parameters.
 *
 * One call crosses as JSON (see `CallFields`) and one buffer that holds all its bytes; `{ at, length }` in the JSON is a
 * piece of that buffer. Its answer is text: JSON, or `!name\nmessage` of the exception that it ends with; bytes come
 * as a buffer of their own.
 */

/** What algorithms are registered for: the methods of `subtle`, but for what they share. */
export type Operation =
  | 'encrypt'
  | 'decrypt'
  | 'sign'
  | 'verify'
  | 'digest'
  | 'generateKey'
  | 'importKey'
  | 'exportKey'
  | 'deriveBits'
  | 'keyLength'
  | 'wrapKey'
  | 'unwrapKey'
  | 'encapsulate'
  | 'decapsulate'

/** How a member of a dictionary is read. `octet`, `short` and `long` are unsigned, and enforce their range. */
export type MemberKind = 'bytes' | 'bigInteger' | 'octet' | 'short' | 'long' | 'hash' | 'text' | 'key'

export interface Member {
  readonly name: string
  readonly kind: MemberKind
  readonly isRequired: boolean
}

/** In the order in which Web IDL reads them: inherited ones first, then by name. */
export type Dictionary = readonly Member[]

/** What an algorithm is registered for; the dictionary of its parameters, null = its name alone. */
export type Registration = Readonly<Partial<Record<Operation, Dictionary | null>>>

/** A piece of a call's buffer. */
export interface Piece {
  readonly at: number
  readonly length: number
}

/** A call of `subtle`. Which fields there are depends on the method. */
export interface CallFields {
  readonly method: string
  /** By name, with the members of its dictionary: pieces for bytes, ids for keys. */
  readonly algorithm?: object
  /** Of the key that is made, for methods that have an algorithm besides. */
  readonly keyAlgorithm?: object
  readonly key?: number
  /** The key that wraps or unwraps. */
  readonly wrappingKey?: number
  readonly format?: string
  readonly data?: Piece
  readonly signature?: Piece
  readonly jwk?: object
  readonly extractable?: boolean
  /** Joined by commas. */
  readonly usages?: string
  /** In bits. */
  readonly length?: number | null
}

/** A key as the host tells of it. */
export interface KeyAnswer {
  readonly id: number
  /** What the host makes the key of again when it no longer has it; nobody else can read or make it. */
  readonly sealed: string
  /** JSON of `KeyAttributes`. */
  readonly attributes: string
}

/** What a `CryptoKey` shows. Bytes in `algorithm` stand as numbers. */
export interface KeyAttributes {
  readonly type: 'secret' | 'private' | 'public'
  readonly extractable: boolean
  readonly algorithm: { readonly name: string; publicExponent?: unknown }
  readonly usages: string[]
}

function member(kind: MemberKind, name: string): Member {
  return { name, kind, isRequired: true }
}

function optional(kind: MemberKind, name: string): Member {
  return { name, kind, isRequired: false }
}

const hashed: Dictionary = [member('hash', 'hash')]
const aesKey: Dictionary = [member('short', 'length')]
const aead: Dictionary = [
  optional('bytes', 'additionalData'),
  member('bytes', 'iv'),
  optional('octet', 'tagLength'),
]
const rsaKey: Dictionary = [
  member('long', 'modulusLength'),
  member('bigInteger', 'publicExponent'),
  member('hash', 'hash'),
]
const ecKey: Dictionary = [member('text', 'namedCurve')]
const hmacKey: Dictionary = [member('hash', 'hash'), optional('long', 'length')]
const kmacKey: Dictionary = [optional('long', 'length')]
const kmac: Dictionary = [optional('bytes', 'customization'), member('long', 'outputLength')]
const withContext: Dictionary = [optional('bytes', 'context')]
const otherKey: Dictionary = [member('key', 'public')]
const cShake: Dictionary = [
  optional('bytes', 'customization'),
  optional('bytes', 'functionName'),
  member('long', 'outputLength'),
]
const turboShake: Dictionary = [optional('octet', 'domainSeparation'), member('long', 'outputLength')]
const hkdf: Dictionary = [member('hash', 'hash'), member('bytes', 'info'), member('bytes', 'salt')]
const pbkdf2: Dictionary = [member('hash', 'hash'), member('long', 'iterations'), member('bytes', 'salt')]
const argon2: Dictionary = [
  optional('bytes', 'associatedData'),
  member('long', 'memory'),
  member('bytes', 'nonce'),
  member('long', 'parallelism'),
  member('long', 'passes'),
  optional('bytes', 'secretValue'),
  optional('octet', 'version'),
]

function cipher(dictionary: Dictionary, key: Dictionary | null): Registration {
  return {
    __proto__: null,
    encrypt: dictionary,
    decrypt: dictionary,
    generateKey: key,
    importKey: null,
    exportKey: null,
    keyLength: key,
  } as Registration
}

function rsa(operations: Registration): Registration {
  return {
    __proto__: null,
    ...operations,
    generateKey: rsaKey,
    importKey: hashed,
    exportKey: null,
  } as Registration
}

function ec(operations: Registration): Registration {
  return {
    __proto__: null,
    ...operations,
    generateKey: ecKey,
    importKey: ecKey,
    exportKey: null,
  } as Registration
}

function curve(operations: Registration): Registration {
  return {
    __proto__: null,
    ...operations,
    generateKey: null,
    importKey: null,
    exportKey: null,
  } as Registration
}

function signing(dictionary: Dictionary | null, key: Dictionary | null): Registration {
  return {
    __proto__: null,
    sign: dictionary,
    verify: dictionary,
    generateKey: key,
    importKey: key,
    exportKey: null,
    keyLength: key,
  } as Registration
}

function derivation(dictionary: Dictionary): Registration {
  return { __proto__: null, deriveBits: dictionary, importKey: null, keyLength: null } as Registration
}

function digest(dictionary: Dictionary | null): Registration {
  return { __proto__: null, digest: dictionary } as Registration
}

const lattice = curve({ sign: withContext, verify: withContext })
const encapsulation = curve({ encapsulate: null, decapsulate: null })

/** By name. What Node registers. */
export const registrations = {
  __proto__: null,
  'SHA-1': digest(null),
  'SHA-256': digest(null),
  'SHA-384': digest(null),
  'SHA-512': digest(null),
  'SHA3-256': digest(null),
  'SHA3-384': digest(null),
  'SHA3-512': digest(null),
  HMAC: signing(null, hmacKey),
  'AES-GCM': cipher(aead, aesKey),
  'AES-CBC': cipher([member('bytes', 'iv')], aesKey),
  'AES-CTR': cipher([member('bytes', 'counter'), member('octet', 'length')], aesKey),
  'AES-OCB': cipher(aead, aesKey),
  'AES-KW': {
    __proto__: null,
    generateKey: aesKey,
    importKey: null,
    exportKey: null,
    keyLength: aesKey,
    wrapKey: null,
    unwrapKey: null,
  },
  'ChaCha20-Poly1305': cipher(aead, null),
  'RSASSA-PKCS1-v1_5': rsa({ sign: null, verify: null }),
  'RSA-PSS': rsa({ sign: [member('long', 'saltLength')], verify: [member('long', 'saltLength')] }),
  'RSA-OAEP': rsa({ encrypt: [optional('bytes', 'label')], decrypt: [optional('bytes', 'label')] }),
  ECDSA: ec({ sign: hashed, verify: hashed }),
  ECDH: ec({ deriveBits: otherKey }),
  Ed25519: curve({ sign: null, verify: null }),
  Ed448: curve({ sign: withContext, verify: withContext }),
  X25519: curve({ deriveBits: otherKey }),
  X448: curve({ deriveBits: otherKey }),
  HKDF: derivation(hkdf),
  PBKDF2: derivation(pbkdf2),
  Argon2d: derivation(argon2),
  Argon2i: derivation(argon2),
  Argon2id: derivation(argon2),
  KMAC128: signing(kmac, kmacKey),
  KMAC256: signing(kmac, kmacKey),
  'ML-DSA-44': lattice,
  'ML-DSA-65': lattice,
  'ML-DSA-87': lattice,
  'ML-KEM-512': encapsulation,
  'ML-KEM-768': encapsulation,
  'ML-KEM-1024': encapsulation,
  cSHAKE128: digest(cShake),
  cSHAKE256: digest(cShake),
  TurboSHAKE128: digest(turboShake),
  TurboSHAKE256: digest(turboShake),
  KT128: digest([optional('bytes', 'customization'), member('long', 'outputLength')]),
  KT256: digest([optional('bytes', 'customization'), member('long', 'outputLength')]),
} as unknown as Readonly<Record<string, Registration>>
