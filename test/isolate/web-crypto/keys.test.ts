import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { describe, it } from 'node:test'
import type { KeyAnswer } from '../../../runtime/isolate/web-crypto/abi.ts'
import { type HostKey, WebCryptoKeys } from '../../../runtime/isolate/web-crypto/keys.ts'

const { subtle } = webcrypto

/** What Node has and its types do not. */
const generate = subtle.generateKey.bind(subtle) as unknown as (
  algorithm: object | string,
  extractable: boolean,
  usages: string[],
) => Promise<webcrypto.CryptoKey | webcrypto.CryptoKeyPair>

async function aesKey(): Promise<webcrypto.CryptoKey> {
  return subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt', 'decrypt'])
}

/** Uses so many other keys that the first is no longer at hand. */
async function crowdOut(keys: WebCryptoKeys): Promise<void> {
  const other = await aesKey()
  for (let count = 0; count < 300; count++) keys.add(other)
}

describe('keys of a guest', () => {
  it('are put away when many others are used, and made again of what the guest holds', async () => {
    const keys = new WebCryptoKeys()
    const first = keys.add(await aesKey())
    const second = keys.add(await aesKey())
    const before = keys.get(first.id)!.keyObject
    for (let count = 0; count < 254; count++) keys.add(await aesKey())
    assert.notEqual(keys.get(first.id), undefined)
    keys.add(await aesKey())
    assert.equal(keys.get(second.id), undefined)
    assert.notEqual(keys.get(first.id), undefined)
    await crowdOut(keys)
    assert.equal(keys.get(first.id), undefined)
    assert.equal(keys.restore(first.id, first.sealed), true)
    assert.ok(keys.get(first.id)!.keyObject.equals(before))
  })

  it('are put away sooner when they are large', async () => {
    const keys = new WebCryptoKeys()
    const large = await subtle.importKey(
      'raw',
      new Uint8Array(60_000),
      { name: 'HMAC', hash: 'SHA-1' },
      true,
      ['sign'],
    )
    const ids = Array.from({ length: 30 }, () => keys.add(large).id)
    assert.equal(ids.filter((id) => keys.get(id) !== undefined).length, 17)
  })

  it('are the same again, of every algorithm', async () => {
    const rsa = { modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-512' }
    const made = await Promise.all([
      generate({ name: 'RSASSA-PKCS1-v1_5', ...rsa }, false, ['sign']),
      generate({ name: 'RSA-PSS', ...rsa }, true, ['sign', 'verify']),
      generate({ name: 'RSA-OAEP', ...rsa }, true, ['decrypt', 'unwrapKey']),
      generate({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']),
      generate({ name: 'ECDH', namedCurve: 'P-521' }, false, ['deriveKey']),
      ...['Ed25519', 'Ed448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'].map((name) =>
        generate(name, true, ['sign', 'verify']),
      ),
      ...['X25519', 'X448'].map((name) => generate(name, true, ['deriveBits'])),
      ...['ML-KEM-512', 'ML-KEM-768', 'ML-KEM-1024'].map((name) =>
        generate(name, true, ['encapsulateBits', 'decapsulateKey']),
      ),
      generate({ name: 'HMAC', hash: 'SHA-384', length: 11 }, true, ['sign']),
      generate({ name: 'KMAC128', length: 160 }, true, ['sign', 'verify']),
      generate({ name: 'AES-CBC', length: 192 }, false, ['encrypt']),
      generate({ name: 'AES-KW', length: 256 }, true, ['wrapKey']),
      generate({ name: 'AES-OCB', length: 256 }, true, ['encrypt']),
      generate('ChaCha20-Poly1305', true, ['encrypt']),
      ...['HKDF', 'PBKDF2'].map((name) =>
        subtle.importKey('raw', new Uint8Array(0), name, false, ['deriveBits']),
      ),
      subtle.importKey('raw-secret' as 'raw', new Uint8Array(9), 'Argon2id', false, ['deriveKey']),
    ])
    const all = made.flatMap((one) => ('type' in one ? [one] : [one.publicKey, one.privateKey]))
    const keys = new WebCryptoKeys()
    for (const key of all) {
      const answer = keys.add(key)
      const before = keys.get(answer.id)!
      keys.clear()
      assert.equal(keys.restore(answer.id, answer.sealed), true, key.algorithm.name)
      assertSameKey(keys.get(answer.id)!, before)
    }
  })

  it('cannot be made of what was not sealed for this guest and under this number', async () => {
    const keys = new WebCryptoKeys()
    const others = new WebCryptoKeys()
    const key = await aesKey()
    const [own, next, foreign] = [keys.add(key), keys.add(key), others.add(key)] as [
      KeyAnswer,
      KeyAnswer,
      KeyAnswer,
    ]
    const attempts: [id: number, sealed: string][] = [
      [own.id, foreign.sealed],
      [own.id, next.sealed],
      [next.id, own.sealed],
      [own.id + 100, own.sealed],
      [own.id, ''],
      [own.id, 'AAAA'],
      [own.id, '!'.repeat(100)],
      [own.id, own.sealed.slice(4)],
      [own.id, own.sealed.slice(0, -8)],
      [own.id, `${own.sealed.slice(0, 20)}${own.sealed[20] === 'A' ? 'B' : 'A'}${own.sealed.slice(21)}`],
    ]
    keys.clear()
    for (const [id, sealed] of attempts) assert.equal(keys.restore(id, sealed), false)
    assert.equal(keys.get(own.id), undefined)
  })

  it('are bounded in length, however they were made', async () => {
    const algorithm = { name: 'HMAC', hash: 'SHA-1' }
    const long = await subtle.importKey('raw', new Uint8Array(65_537), algorithm, true, ['sign'])
    assert.throws(() => new WebCryptoKeys().add(long), { name: 'OperationError', message: /65537 bytes/ })
  })

  it('do not lie open in what the guest holds', async () => {
    const secret = 'a secret of the host, and of nobody else'
    const key = await subtle.importKey('raw', Buffer.from(secret), { name: 'HMAC', hash: 'SHA-1' }, false, [
      'sign',
    ])
    const { sealed, attributes } = new WebCryptoKeys().add(key)
    const held = Buffer.from(sealed, 'base64').toString('latin1') + sealed + attributes
    assert.equal(held.includes(secret.slice(0, 8)), false)
  })
})

function assertSameKey(key: HostKey, before: HostKey): void {
  const describeKey = ({ type, extractable, algorithm, usages }: webcrypto.CryptoKey) => ({
    type,
    extractable,
    algorithm,
    usages,
  })
  assert.deepEqual(describeKey(key.cryptoKey), describeKey(before.cryptoKey))
  assert.ok(key.keyObject.equals(before.keyObject))
}
