import type { webcrypto } from 'node:crypto'
import type { WebCryptoCall } from './call.ts'
import { maxKeyBytes } from './keys.ts'
import { CryptoRefusal } from './refusal.ts'

/**
 * What one call may ask for at most. What runs on a thread cannot be stopped, so each of these takes a second or two
 * at worst.
 */
const bounds = {
  /** What is encrypted, hashed, signed and so on. */
  dataBytes: 64 * 1024 * 1024,
  /** What is derived from a key, or comes of a hash function whose output has any length. */
  outputBytes: 1024 * 1024,
  /** PBKDF2: times the blocks of output. */
  iterations: 2_000_000,
  /** Argon2: 64 MiB. */
  argon2MemoryKiB: 64 * 1024,
  /** Argon2: passes over as much memory. */
  argon2Passes: 4,
  /** RSA. Generating looks for primes, by chance. */
  generatedModulusBits: 4096,
  importedModulusBits: 8192,
} as const

/** Above this a call may take longer than a millisecond or so. */
const maxShort = { dataBytes: 512 * 1024, iterations: 1000, modulusBits: 4096 } as const

/** Of the digest that PBKDF2 derives its blocks with. */
const digestBytes: Readonly<Record<string, number>> = {
  'SHA-1': 20,
  'SHA-256': 32,
  'SHA-384': 48,
  'SHA-512': 64,
  'SHA3-256': 32,
  'SHA3-384': 48,
  'SHA3-512': 64,
}

/** Bytes of the host's memory that a call works with, beside what it is given. */
export function workingBytes({ algorithm: { memory } }: WebCryptoCall): number {
  return typeof memory === 'number' ? memory * 1024 : 0
}

/** Whether the work may take hundreds of milliseconds. */
export function isLong(call: WebCryptoCall): boolean {
  const { byteLength, key, method } = call
  const { name } = call.algorithm
  if (byteLength > maxShort.dataBytes) return true
  if (key !== null && modulusBits(key.cryptoKey) > maxShort.modulusBits) return true
  if (name.startsWith('Argon2')) return true
  if (name === 'PBKDF2') return iterationsOf(call) > maxShort.iterations
  return method === 'generateKey' && name.startsWith('RSA')
}

/** @throws CryptoRefusal if the call asks for more than it may */
export function checkBounds(call: WebCryptoCall): void {
  const { method, algorithm, byteLength, data, length } = call
  const { name } = algorithm
  need('bytes of data', byteLength, bounds.dataBytes)
  need('bytes of output', bitsToBytes(algorithm.outputLength), bounds.outputBytes)
  if (method === 'deriveBits') need('bytes to derive', bitsToBytes(length), bounds.outputBytes)
  if (method === 'importKey') need('bytes of key', data.byteLength, maxKeyBytes)
  // Of HMAC and KMAC; of AES it is 256 at most.
  if (method === 'generateKey') need('bytes of key', bitsToBytes(algorithm.length), maxKeyBytes)
  need('bytes of key', bitsToBytes(call.keyAlgorithm.length), maxKeyBytes)
  if (method === 'generateKey' && name.startsWith('RSA'))
    need('bits of modulus', Number(algorithm.modulusLength), bounds.generatedModulusBits)
  if (name === 'PBKDF2' && isDerivation(method))
    need('iterations times blocks', iterationsOf(call), bounds.iterations)
  if (name.startsWith('Argon2') && isDerivation(method)) {
    need('KiB of memory', Number(algorithm.memory), bounds.argon2MemoryKiB)
    const work = Number(algorithm.memory) * Number(algorithm.passes)
    need('KiB of memory times passes', work, bounds.argon2MemoryKiB * bounds.argon2Passes)
  }
}

/** @throws CryptoRefusal if working with the key would take too long */
export function checkKey(key: webcrypto.CryptoKey): void {
  need('bits of modulus', modulusBits(key), bounds.importedModulusBits)
}

/** 0 if it is no RSA key. */
function modulusBits({ algorithm }: webcrypto.CryptoKey): number {
  return 'modulusLength' in algorithm ? Number(algorithm.modulusLength) : 0
}

function isDerivation(method: string): boolean {
  return method === 'deriveBits' || method === 'deriveKey'
}

/** Each block of output takes all iterations. */
function iterationsOf(call: WebCryptoCall): number {
  const blockBytes = digestBytes[String(call.algorithm.hash)] ?? 1
  return Number(call.algorithm.iterations) * Math.ceil(derivedBytes(call) / blockBytes)
}

function derivedBytes({ method, keyAlgorithm, length }: WebCryptoCall): number {
  if (method === 'deriveBits') return bitsToBytes(length)
  if (keyAlgorithm.length !== undefined) return bitsToBytes(keyAlgorithm.length)
  // For HMAC a block of its hash, for others 32 bytes at most.
  return hmacBlockBytes[String(keyAlgorithm.hash)] ?? 32
}

const hmacBlockBytes: Readonly<Record<string, number>> = {
  'SHA-1': 64,
  'SHA-256': 64,
  'SHA-384': 128,
  'SHA-512': 128,
  'SHA3-256': 136,
  'SHA3-384': 104,
  'SHA3-512': 72,
}

function bitsToBytes(bits: unknown): number {
  return typeof bits === 'number' ? Math.ceil(bits / 8) : 0
}

function need(what: string, given: number, most: number): void {
  if (given <= most) return
  throw new CryptoRefusal('OperationError', `Cannot work with ${given} ${what}: must be at most ${most}`)
}
