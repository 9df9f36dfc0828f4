import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  KeyObject,
  randomBytes,
  type webcrypto,
} from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { KeyAnswer, KeyAttributes } from './abi.ts'
import { CryptoRefusal } from './refusal.ts'

/** A key of a guest. */
export interface HostKey {
  readonly cryptoKey: webcrypto.CryptoKey
  readonly keyObject: KeyObject
}

/** How many keys an instance's host has at hand, and the bytes that they may take. */
const maxAtHand = 256
const maxBytesAtHand = 1024 * 1024
/** Of one key. RSA's longest take 5 KB. */
export const maxKeyBytes = 64 * 1024
/** What a key takes beside its bytes: OpenSSL holds it as numbers. */
const bytesPerKey = 1024

const cipher = 'chacha20-poly1305'
const tagBytes = 16

/**
 * The keys of one guest. It learns their number and their attributes.
 *
 * When the guest drops a key, nobody tells the host. So it keeps only those at hand that were used last; of each, the
 * guest holds what the host makes it of again, sealed with a secret of this instance, beside the number. A function may
 * import a key at each request for days.
 */
export class WebCryptoKeys {
  /** Both are made for the first key: who only hashes has none. */
  #atHand: LRUCache<number, HostKey> | null = null
  #secret: KeyObject | null = null
  #lastId = 0

  /** @throws CryptoRefusal if it is too long */
  add(cryptoKey: webcrypto.CryptoKey): KeyAnswer {
    const id = ++this.#lastId
    // Deprecated for keys that are not extractable: these belong to the guest's author, and we are their keeper.
    const keyObject = KeyObject.from(cryptoKey)
    const material = materialOf(keyObject)
    if (material.byteLength > maxKeyBytes) throw tooLong(material.byteLength)
    const attributes = attributesOf(cryptoKey)
    this.#keep(id, { cryptoKey, keyObject }, material.byteLength)
    return { id, attributes, sealed: this.#seal(id, attributes, material) }
  }

  /** Undefined if it is not at hand. */
  get(id: number): HostKey | undefined {
    return this.#atHand?.get(id)
  }

  /** Makes a key again of what was sealed. False if it is not that of a key of this guest, with this number. */
  restore(id: number, sealed: string): boolean {
    const opened = this.#open(id, sealed)
    if (opened === null) return false
    const keyObject = keyObjectOf(opened.attributes.type, opened.material)
    const { algorithm, extractable, usages } = opened.attributes
    const cryptoKey = keyObject.toCryptoKey(
      algorithm as Parameters<KeyObject['toCryptoKey']>[0],
      extractable,
      usages as webcrypto.KeyUsage[],
    )
    this.#keep(id, { cryptoKey, keyObject }, opened.material.byteLength)
    return true
  }

  clear(): void {
    this.#atHand?.clear()
  }

  #keep(id: number, key: HostKey, byteLength: number): void {
    this.#atHand ??= new LRUCache({ max: maxAtHand, maxSize: maxBytesAtHand })
    this.#atHand.set(id, key, { size: byteLength + bytesPerKey })
  }

  /** `length of attributes (4 bytes), attributes, material`, encrypted, and the tag. Each number is used once. */
  #seal(id: number, attributes: string, material: Buffer): string {
    this.#secret ??= createSecretKey(randomBytes(32))
    const head = Buffer.from(attributes)
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(head.byteLength)
    const encryption = createCipheriv(cipher, this.#secret, nonceOf(id), { authTagLength: tagBytes })
    const sealed = encryption.update(Buffer.concat([length, head, material]))
    encryption.final()
    return Buffer.concat([sealed, encryption.getAuthTag()]).toString('base64')
  }

  #open(id: number, sealed: string): { attributes: KeyAttributes; material: Buffer } | null {
    const bytes = Buffer.from(sealed, 'base64')
    if (this.#secret === null || bytes.byteLength <= tagBytes) return null
    const decryption = createDecipheriv(cipher, this.#secret, nonceOf(id), { authTagLength: tagBytes })
    decryption.setAuthTag(bytes.subarray(-tagBytes))
    const opened = decryption.update(bytes.subarray(0, -tagBytes))
    try {
      decryption.final()
    } catch {
      return null
    }
    const end = 4 + opened.readUInt32BE()
    return { attributes: JSON.parse(opened.toString('utf8', 4, end)), material: opened.subarray(end) }
  }
}

function tooLong(byteLength: number): CryptoRefusal {
  return new CryptoRefusal(
    'OperationError',
    `Cannot keep a key of ${byteLength} bytes: must be at most ${maxKeyBytes}`,
  )
}

function nonceOf(id: number): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64BE(BigInt(id))
  return nonce
}

function materialOf(key: KeyObject): Buffer {
  switch (key.type) {
    case 'secret':
      return key.export()
    case 'private':
      return key.export({ type: 'pkcs8', format: 'der' })
    case 'public':
      return key.export({ type: 'spki', format: 'der' })
  }
}

function keyObjectOf(type: KeyAttributes['type'], material: Buffer): KeyObject {
  switch (type) {
    case 'secret':
      return createSecretKey(material)
    case 'private':
      return createPrivateKey({ key: material, type: 'pkcs8', format: 'der' })
    case 'public':
      return createPublicKey({ key: material, type: 'spki', format: 'der' })
  }
}

function attributesOf({ type, extractable, algorithm, usages }: webcrypto.CryptoKey): string {
  return JSON.stringify({ type, extractable, algorithm, usages }, (_, value: unknown) =>
    value instanceof Uint8Array ? [...value] : value,
  )
}
