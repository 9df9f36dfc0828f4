import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertLikeNode, evaluate } from './run.ts'

describe('crypto.subtle computes what the standards say', () => {
  const vectors: [name: string, body: string, expected: unknown][] = [
    [
      'SHA-256 (FIPS 180-4)',
      `return hex(await subtle.digest('SHA-256', utf8('abc')))`,
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    ],
    [
      'SHA-256 of a million letters, on a thread (FIPS 180-4)',
      `return hex(await subtle.digest({ name: 'sha-256' }, utf8('a'.repeat(1e6))))`,
      'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
    ],
    [
      'SHA3-256 (FIPS 202)',
      `return hex(await subtle.digest('SHA3-256', utf8('abc')))`,
      '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
    ],
    [
      'HMAC-SHA-256 (RFC 4231, 4.3)',
      `const key = await subtle.importKey('raw', utf8('Jefe'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
       const data = utf8('what do ya want for nothing?'), signature = await subtle.sign('HMAC', key, data)
       const other = new Uint8Array(signature.slice()); other[31] ^= 1
       return [hex(signature), await subtle.verify('HMAC', key, signature, data), await subtle.verify('HMAC', key, other, data), await subtle.verify('HMAC', key, other.slice(1), data)]`,
      ['5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', true, false, false],
    ],
    [
      'HMAC-SHA-512 of a key longer than a block (RFC 4231, 4.7)',
      `const key = await subtle.importKey('raw', new Uint8Array(131).fill(0xaa), { name: 'HMAC', hash: 'SHA-512' }, true, ['sign'])
       return hex(await subtle.sign('HMAC', key, utf8('Test Using Larger Than Block-Size Key - Hash Key First')))`,
      '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
    ],
    [
      'PBKDF2-HMAC-SHA-256 (RFC 7914, 11)',
      `const key = await subtle.importKey('raw', utf8('Password'), 'PBKDF2', false, ['deriveBits'])
       return hex(await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: utf8('NaCl'), iterations: 80000 }, key, 512))`,
      '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
    ],
    [
      'HKDF-SHA-256 (RFC 5869, A.1)',
      `const key = await subtle.importKey('raw', new Uint8Array(22).fill(0x0b), 'HKDF', false, ['deriveBits'])
       return hex(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: unhex('000102030405060708090a0b0c'), info: unhex('f0f1f2f3f4f5f6f7f8f9') }, key, 336))`,
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    [
      'AES-128-GCM (McGrew and Viega, case 4)',
      `const key = await subtle.importKey('raw', unhex('feffe9928665731c6d6a8f9467308308'), 'AES-GCM', false, ['encrypt', 'decrypt'])
       const algorithm = { name: 'AES-GCM', iv: unhex('cafebabefacedbaddecaf888'), additionalData: unhex('feedfacedeadbeeffeedfacedeadbeefabaddad2') }
       const text = unhex('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39')
       const sealed = await subtle.encrypt(algorithm, key, text)
       return [hex(sealed), hex(await subtle.decrypt(algorithm, key, sealed)) === hex(text)]`,
      [
        '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091' +
          '5bc94fbc3221a5db94fae95ae7121a47',
        true,
      ],
    ],
    [
      'AES key wrap (RFC 3394, 4.1)',
      `const wrapping = await subtle.importKey('raw', unhex('000102030405060708090a0b0c0d0e0f'), 'AES-KW', false, ['wrapKey', 'unwrapKey'])
       const key = await subtle.importKey('raw', unhex('00112233445566778899aabbccddeeff'), 'AES-CBC', true, ['encrypt'])
       const wrapped = await subtle.wrapKey('raw', key, wrapping, 'AES-KW')
       const again = await subtle.unwrapKey('raw', wrapped, wrapping, 'AES-KW', 'AES-CBC', true, ['encrypt'])
       return [hex(wrapped), hex(await subtle.exportKey('raw', again))]`,
      ['1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5', '00112233445566778899aabbccddeeff'],
    ],
    [
      'Ed25519 (RFC 8032, 7.1, test 2)',
      `const seed = unhex('302e020100300506032b657004220420' + '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')
       const key = await subtle.importKey('pkcs8', seed, 'Ed25519', false, ['sign'])
       const open = await subtle.importKey('raw', unhex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'), 'Ed25519', true, ['verify'])
       const signature = await subtle.sign('Ed25519', key, unhex('72'))
       return [hex(signature), await subtle.verify('Ed25519', open, signature, unhex('72')), await subtle.verify('Ed25519', open, signature, unhex('73'))]`,
      [
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
        true,
        false,
      ],
    ],
  ]
  for (const [name, body, expected] of vectors) {
    it(name, async () => assert.deepEqual(await evaluate(body), expected))
  }
})

describe('crypto.subtle, like Node’s,', () => {
  it('makes, exports, imports and uses keys of every algorithm', () =>
    assertLikeNode(`
      const rsa = { modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }
      const signing = ['sign', 'verify'], deriving = ['deriveBits'], hiding = ['encrypt', 'decrypt']
      const cases = [
        [{ name: 'RSASSA-PKCS1-v1_5', ...rsa }, signing], [{ name: 'RSA-PSS', ...rsa }, signing], [{ name: 'RSA-OAEP', ...rsa }, hiding],
        [{ name: 'ECDSA', namedCurve: 'P-521' }, signing], [{ name: 'ECDH', namedCurve: 'P-384' }, deriving],
        ['Ed25519', signing], ['Ed448', signing], ['X25519', deriving], ['X448', deriving],
        ['ML-DSA-44', signing], ['ML-KEM-512', ['encapsulateBits', 'decapsulateBits']],
        [{ name: 'HMAC', hash: 'SHA-384' }, signing], [{ name: 'KMAC128' }, signing], [{ name: 'AES-CTR', length: 192 }, hiding],
        [{ name: 'AES-GCM', length: 256 }, hiding], [{ name: 'AES-OCB', length: 128 }, hiding], ['ChaCha20-Poly1305', hiding], [{ name: 'AES-KW', length: 128 }, ['wrapKey']],
      ]
      const describeKey = ({ type, extractable, algorithm, usages }) => [type, extractable, { ...algorithm, publicExponent: algorithm.publicExponent && hex(algorithm.publicExponent) }, usages]
      const seen = []
      for (const [algorithm, usages] of cases) {
        const made = await subtle.generateKey(algorithm, true, usages)
        for (const key of 'type' in made ? [made] : [made.publicKey, made.privateKey]) {
          seen.push(describeKey(key))
          for (const format of ['raw', 'raw-secret', 'raw-public', 'raw-seed', 'spki', 'pkcs8', 'jwk']) {
            try {
              const exported = await subtle.exportKey(format, key)
              const again = await subtle.importKey(format, exported, key.algorithm, true, key.usages)
              seen.push([format, ...describeKey(again), format === 'pkcs8' ? '' : exported.byteLength ?? Object.keys(exported)])
            } catch (error) { seen.push([format, error.name]) }
          }
        }
      }
      return seen
    `))

  it('names every error as Node does, and rejects rather than throws', () =>
    assertLikeNode(`
      const bytes = new Uint8Array(16), hmac = { name: 'HMAC', hash: 'SHA-256' }, gcm = { name: 'AES-GCM', iv: bytes }
      const key = await subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt'])
      const macKey = await subtle.importKey('raw', bytes, hmac, true, ['sign'])
      const password = await subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits', 'deriveKey'])
      const pbkdf2 = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes, iterations: 1 }
      const attempts = [
        () => subtle.digest(), () => subtle.digest('SHA-256'), () => subtle.digest('SHA-256', 'text'), () => subtle.digest('MD5', bytes), () => subtle.digest({}, bytes), () => subtle.digest(null, bytes),
        () => subtle.digest(Symbol(), bytes), () => subtle.digest('AES-GCM', bytes), () => subtle.digest.call({}, 'SHA-256', bytes), () => subtle.digest.call(null, 'SHA-256', bytes),
        () => subtle.encrypt(gcm, {}, bytes), () => subtle.encrypt(gcm, Object.create(CryptoKey.prototype), bytes), () => subtle.encrypt(gcm, macKey, bytes), () => subtle.decrypt(gcm, key, bytes),
        () => subtle.encrypt({ name: 'AES-GCM' }, key, bytes), () => subtle.encrypt({ ...gcm, tagLength: 1 }, key, bytes), () => subtle.encrypt({ ...gcm, tagLength: 256 }, key, bytes), () => subtle.encrypt({ ...gcm, tagLength: 1n }, key, bytes),
        () => subtle.encrypt({ ...gcm, iv: 'text' }, key, bytes), () => subtle.encrypt({ ...gcm, additionalData: null }, key, bytes), () => subtle.encrypt(gcm, key, new SharedArrayBuffer(4)), () => subtle.encrypt(gcm, key, new Uint8Array(new SharedArrayBuffer(4))),
        () => subtle.exportKey('raw', key), () => subtle.exportKey('text', key), () => subtle.exportKey('pkcs8', macKey), () => subtle.exportKey('raw', password), () => subtle.verify('HMAC', macKey, bytes, bytes),
        () => subtle.importKey('raw', bytes, hmac, true, []), () => subtle.importKey('raw', bytes, hmac, true, ['encrypt']), () => subtle.importKey('raw', bytes, hmac, true, ['other']), () => subtle.importKey('raw', bytes, hmac, true, 'sign'), () => subtle.importKey('raw', bytes, 'HMAC', true, ['sign']),
        () => subtle.importKey('raw', new Uint8Array(0), hmac, true, ['sign']), () => subtle.importKey('raw', bytes, { ...hmac, hash: 'MD5' }, true, ['sign']), () => subtle.importKey('raw', bytes, { ...hmac, length: 999 }, true, ['sign']), () => subtle.importKey('raw', bytes, { ...hmac, length: 0 }, true, ['sign']),
        () => subtle.importKey('raw', new Uint8Array(15), 'AES-CBC', true, ['encrypt']), () => subtle.importKey('raw', {}, 'AES-CBC', true, ['encrypt']), () => subtle.importKey('jwk', 5, 'AES-CBC', true, ['encrypt']), () => subtle.importKey('jwk', {}, 'AES-CBC', true, ['encrypt']),
        () => subtle.importKey('jwk', { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAA', ext: false }, 'AES-CBC', true, ['encrypt']), () => subtle.importKey('jwk', { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAA', ext: false }, 'AES-CBC', false, ['encrypt']), () => subtle.importKey('jwk', { kty: 'oct', k: 'AAAA', alg: 'A128CBC' }, 'AES-CBC', false, ['encrypt']),
        () => subtle.importKey('raw', bytes, 'PBKDF2', true, ['deriveBits']), () => subtle.importKey('spki', bytes, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']), () => subtle.importKey('raw', bytes, { name: 'ECDSA', namedCurve: 'P-1' }, true, ['verify']),
        () => subtle.deriveBits(pbkdf2, password), () => subtle.deriveBits(pbkdf2, password, 7), () => subtle.deriveBits(pbkdf2, password, -1), () => subtle.deriveBits({ ...pbkdf2, iterations: 0 }, password, 8), () => subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: bytes, info: bytes }, password, 8),
        () => subtle.deriveKey(pbkdf2, password, { name: 'AES-GCM', length: 100 }, true, ['encrypt']), () => subtle.deriveKey(pbkdf2, password, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']), () => subtle.deriveKey(pbkdf2, password, { name: 'AES-GCM', length: 128 }, true, ['sign']),
        () => subtle.generateKey({ name: 'AES-GCM', length: 100 }, true, ['encrypt']), () => subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, []), () => subtle.generateKey({ name: 'AES-GCM', length: 128 }, true), () => subtle.generateKey('PBKDF2', true, ['deriveBits']), () => subtle.generateKey({ name: 'RSA-OAEP', modulusLength: 1024, publicExponent: [1, 0, 1], hash: 'SHA-1' }, true, ['encrypt']),
        () => subtle.wrapKey('raw', key, key, gcm), () => subtle.unwrapKey('raw', bytes, key, gcm, 'AES-CBC', true, ['encrypt']), () => subtle.getPublicKey(key, []), () => subtle.encapsulateBits('ML-KEM-768', key),
      ]
      const seen = []
      for (const attempt of attempts) {
        let promise
        try { promise = attempt() } catch (error) { seen.push('thrown'); continue }
        seen.push(await failure(() => promise))
      }
      return seen
    `))

  it('says the same of what is answered at once, because it is small, and of what a thread does', () =>
    assertLikeNode(`
      const seen = [], secret = new Uint8Array(32).fill(7)
      const rsa = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-384' }
      const signing = [[{ name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA', hash: 'SHA-512' }], [{ name: 'ECDSA', namedCurve: 'P-384' }, { name: 'ECDSA', hash: 'SHA-1' }], ['Ed25519', 'Ed25519'], [rsa, rsa.name]]
      const mac = await subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-384' }, false, ['sign', 'verify'])
      const pairs = await Promise.all(signing.map(([algorithm]) => subtle.generateKey(algorithm, false, ['sign', 'verify'])))
      const [gcm, cbc] = await Promise.all(['AES-GCM', 'AES-CBC'].map((name) => subtle.importKey('raw', secret, name, false, ['encrypt', 'decrypt'])))
      const tell = async (attempt) => { try { return await attempt() } catch (error) { return error.name } }
      for (const size of [0, 1, 100, 20_000]) {
        const data = new Uint8Array(size).fill(1)
        for (const [index, { publicKey, privateKey }] of [...pairs, { publicKey: mac, privateKey: mac }].entries()) {
          const algorithm = signing[index]?.[1] ?? 'HMAC', signature = new Uint8Array(await subtle.sign(algorithm, privateKey, data))
          const wrong = signature.map((byte, at) => at === 5 ? byte ^ 1 : byte)
          for (const given of [signature, wrong, signature.slice(1), new Uint8Array(0), new Uint8Array([...signature, 0])]) seen.push(await tell(() => subtle.verify(algorithm, publicKey, given, data)))
          seen.push(await tell(() => subtle.verify(algorithm, privateKey, signature, data)))
        }
        const additionalData = data.slice(0, 5)
        for (const parameters of [{ iv: secret.slice(0, 12) }, { iv: secret.slice(0, 1), additionalData }, { iv: secret, tagLength: 96 }, { iv: secret, tagLength: 128, additionalData }, { iv: new Uint8Array(0) }, { iv: secret, tagLength: 127 }]) {
          const algorithm = { name: 'AES-GCM', ...parameters }, sealed = await tell(() => subtle.encrypt(algorithm, gcm, data))
          seen.push(typeof sealed === 'string' ? sealed : hex(await subtle.digest('SHA-256', sealed)))
          if (typeof sealed === 'string') continue
          for (const given of [sealed, sealed.slice(1), sealed.slice(0, 15)]) seen.push(await tell(async () => (await subtle.decrypt(algorithm, gcm, given)).byteLength))
        }
        const algorithm = { name: 'AES-CBC', iv: secret.slice(0, 16) }, sealed = await subtle.encrypt(algorithm, cbc, data)
        seen.push(hex(await subtle.digest('SHA-256', sealed)), await tell(() => subtle.encrypt({ ...algorithm, iv: secret }, cbc, data)))
        for (const given of [sealed, sealed.slice(1), new Uint8Array(16), new Uint8Array(0)]) seen.push(await tell(async () => (await subtle.decrypt(algorithm, cbc, given)).byteLength))
      }
      return seen
    `))

  it('has the properties that Web IDL says', () =>
    assertLikeNode(`
      const shape = (object) => Object.entries(Object.getOwnPropertyDescriptors(object)).filter(([name]) => name !== 'constructor')
        .map(([name, { value, get, enumerable, configurable }]) => [name, value?.length, get?.name, enumerable, configurable]).sort()
      const constructors = [Crypto, SubtleCrypto, CryptoKey].map((one) => { try { new one() } catch (error) { return [one.name, one.length, error.name] } })
      const key = await subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['decrypt', 'encrypt'])
      return [constructors, shape(Crypto.prototype), shape(SubtleCrypto.prototype), shape(CryptoKey.prototype), [crypto, subtle, key].map(String), Object.keys(key),
        crypto.subtle === subtle, key.algorithm === key.algorithm, key.usages === key.usages, key.usages, await failure(() => { key.type = 'x'; CryptoKey.prototype.type })]
    `))

  it('takes the bytes as they are when it is called', () =>
    assertLikeNode(`
      const gone = new ArrayBuffer(8); structuredClone(gone, { transfer: [gone] })
      const shrunk = new ArrayBuffer(8, { maxByteLength: 8 }), view = new DataView(shrunk, 4); shrunk.resize(2)
      const large = new Uint8Array(100_000), changed = subtle.digest('SHA-256', large); large[0] = 1
      return [hex(await subtle.digest('SHA-256', gone)), await failure(() => subtle.digest('SHA-256', view)), hex(await changed), hex(await subtle.digest('SHA-256', new Uint16Array([1, 2]).subarray(1)))]
    `))
})

describe('arguments of crypto.subtle', () => {
  it('reads members once and in order, and bytes when all were read', async () => {
    const seen = await evaluate(`
      const seen = [], iv = new Uint8Array(12), data = new Uint8Array(4)
      const key = await subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['encrypt'])
      const algorithm = {
        get name() { seen.push('name'); return 'aes-gcm' }, get iv() { seen.push('iv'); return iv },
        get additionalData() { seen.push('additionalData'); return data }, get tagLength() { seen.push('tagLength'); iv[0] = 1; data[0] = 2; return { valueOf: () => 128 } },
      }
      const result = hex(await subtle.encrypt(algorithm, key, data))
      const derived = { get name() { seen.push('name 2'); return 'HMAC' }, get hash() { seen.push('hash'); return { get name() { seen.push('name of hash'); return 'SHA-1' } } }, get length() { seen.push('length'); return 8 } }
      const base = await subtle.importKey('raw', new Uint8Array(16), 'HKDF', false, ['deriveKey'])
      await subtle.deriveKey({ name: 'HKDF', hash: 'SHA-1', salt: iv, info: iv }, base, derived, true, new Set(['sign']))
      return [result, seen]
    `)
    const derived = ['name 2', 'hash', 'length', 'name of hash']
    assert.deepEqual(seen, [
      '082ddce6a53bb17fb6d88125fcbfeefc4d9b5378',
      ['name', 'additionalData', 'iv', 'tagLength', ...derived, ...derived],
    ])
  })
})
