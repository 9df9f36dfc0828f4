import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fetching, PoolFixture, textOf } from '../../pool/pool-fixture.ts'
import { evaluate, settle } from './run.ts'

const pbkdf2 = (iterations: number) =>
  `{ name: 'PBKDF2', hash: 'SHA-512', salt: new Uint8Array(16), iterations: ${iterations} }`
const password = `await subtle.importKey('raw', utf8('password'), 'PBKDF2', false, ['deriveBits'])`

describe('work of crypto.subtle', () => {
  it('is charged to the request that began it', async () => {
    const { usage, outcome } = await settle(
      `const key = ${password}; return hex(await subtle.deriveBits(${pbkdf2(200_000)}, key, 256)).length`,
    )
    assert.equal(outcome.kind, 'ok')
    // 200 000 iterations take some 60 ms on a thread; all else in the request takes a few.
    assert.ok(usage.cpuMs > 20, `${usage.cpuMs} ms`)
  })

  it('ends the request that has used its CPU time by it', async () => {
    const { usage, outcome } = await settle(
      `const key = ${password}; await subtle.deriveBits(${pbkdf2(200_000)}, key, 256); return 'not stopped'`,
      { cpuMs: 10 },
    )
    assert.equal(outcome.kind, 'exceeded_cpu')
    assert.ok(usage.cpuMs > 10, `${usage.cpuMs} ms`)
  })

  it('does not begin for a request that has used its CPU time, however much was asked for at once', async () => {
    const { usage, outcome } = await settle(
      `const key = ${password}
       await Promise.all(Array.from({ length: 200 }, () => subtle.deriveBits(${pbkdf2(50_000)}, key, 256)))
       return 'not stopped'`,
      { cpuMs: 30 },
    )
    assert.equal(outcome.kind, 'exceeded_cpu')
    // Each takes some 15 ms; all of them would take three seconds.
    assert.ok(usage.cpuMs < 400, `${usage.cpuMs} ms`)
  })

  it('of one request leaves the others of the instance alone', async () => {
    await using fixture = new PoolFixture()
    const bundle = fetching(`
      const { subtle } = crypto, key = await subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits'])
      if (path === '/greedy') for (;;) await subtle.deriveBits(${pbkdf2(100_000)}, key, 256)
      for (let count = 0; count < 5; count++) await subtle.digest('SHA3-256', new Uint8Array(8))
      return new Response('modest')`)
    const target = fixture.define({ bundle, limits: { cpuMs: 50 } })
    const [greedy, modest] = await fixture.getTogether(target, ['/greedy', '/modest'])
    assert.equal(greedy!.outcome.kind, 'exceeded_cpu')
    assert.equal(textOf(modest!), 'modest')
    assert.ok(modest!.usage.cpuMs < 50, `${modest!.usage.cpuMs} ms`)
  })

  it('may be begun by the module, and waits for the first request to be used', async () => {
    await using fixture = new PoolFixture()
    const bundle = `(() => {
      const key = crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
      const pair = crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
      return { default: { async fetch() {
        const signature = await crypto.subtle.sign('HMAC', await key, new Uint8Array(1))
        return Response.json([signature.byteLength, (await pair).publicKey.type])
      } } }
    })()`
    const target = fixture.define({ bundle })
    for (let count = 0; count < 2; count++)
      assert.deepEqual(JSON.parse(textOf(await fixture.get(target))), [32, 'public'])
    assert.deepEqual(fixture.faults, [])
  })

  it('goes on after the response if it is waited for', async () => {
    await using fixture = new PoolFixture()
    const bundle = fetching(`
      if (path === '/seen') return Response.json(globalThis.seen ?? null)
      ctx.waitUntil(crypto.subtle.digest('SHA3-256', new Uint8Array(8)).then((bytes) => { globalThis.seen = bytes.byteLength }))
      return new Response('at once')`)
    const target = fixture.define({ bundle })
    assert.equal(textOf(await fixture.get(target)), 'at once')
    let seen: unknown = null
    while (seen === null) seen = JSON.parse(textOf(await fixture.get(target, '/seen')))
    assert.equal(seen, 32)
  })

  it('of a request that is given up ends without harm', async () => {
    await using fixture = new PoolFixture()
    const bundle = fetching(`
      const { subtle } = crypto, key = await subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits'])
      await Promise.all(Array.from({ length: 20 }, () => subtle.deriveBits(${pbkdf2(20_000)}, key, 256)))
      return new Response('done')`)
    const target = fixture.define({ bundle, limits: { cpuMs: 500 } })
    const { invocation, settled } = fixture.begin(target)
    await new Promise(setImmediate)
    fixture.pool.cancel(invocation)
    assert.equal((await settled).outcome.kind, 'canceled')
    assert.equal(textOf(await fixture.get(target)), 'done')
    assert.deepEqual(fixture.faults, [])
  })
})

describe('keys of an instance', () => {
  it('may be made without end, and are good for as long as the guest has them', async () => {
    const body = `
      const hmac = { name: 'HMAC', hash: 'SHA-256' }, iv = new Uint8Array(12), data = utf8('data'), large = new Uint8Array(60_000)
      const first = await subtle.importKey('raw', utf8('first'), hmac, false, ['sign'])
      const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
      const wrapping = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['wrapKey'])
      const [ours, theirs] = await Promise.all([0, 1].map(() => subtle.generateKey('X25519', false, ['deriveBits'])))
      const before = hex(await subtle.sign('HMAC', first, data))
      const crowdOut = async () => { for (let count = 0; count < 20; count++) await subtle.importKey('raw', large, hmac, true, ['sign']) }
      const seen = []
      await crowdOut()
      seen.push(hex(await subtle.sign('HMAC', first, data)) === before)
      await crowdOut()
      const signature = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, data)
      seen.push(await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, pair.publicKey, signature, data))
      await crowdOut()
      seen.push((await subtle.wrapKey('raw', await subtle.importKey('raw', utf8('other'), hmac, true, ['sign']), wrapping, { name: 'AES-GCM', iv })).byteLength)
      await crowdOut()
      seen.push((await subtle.deriveBits({ name: 'X25519', public: theirs.publicKey }, ours.privateKey, 256)).byteLength)
      await crowdOut()
      seen.push(await failure(() => subtle.exportKey('raw', first)), first.extractable, first.usages)
      return seen`
    assert.deepEqual(await evaluate(body), [true, true, 21, 32, 'InvalidAccessError', false, ['sign']])
  })

  it('can be cloned', async () => {
    const body = `
      const key = await subtle.importKey('raw', new Uint8Array(16), { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
      const { inner: copy } = structuredClone({ inner: key })
      const [before, after] = await Promise.all([key, copy].map((one) => subtle.sign('HMAC', one, new Uint8Array(1))))
      return [copy !== key, copy instanceof CryptoKey, copy.type, copy.extractable, copy.algorithm, copy.usages, copy.algorithm !== key.algorithm, hex(before) === hex(after)]`
    const algorithm = { name: 'HMAC', length: 128, hash: { name: 'SHA-1' } }
    assert.deepEqual(await evaluate(body), [true, true, 'secret', false, algorithm, ['sign'], true, true])
  })

  it('are not made by whoever writes to their attributes', async () => {
    const body = `
      const key = await subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['decrypt'])
      key.usages.push('encrypt'); key.algorithm.name = 'HMAC'
      const mine = Object.defineProperties(Object.create(CryptoKey.prototype), { type: { value: 'secret' }, extractable: { value: true } })
      return [await failure(() => subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, key, new Uint8Array())), await failure(() => subtle.exportKey('raw', key)),
        await failure(() => subtle.exportKey('raw', mine)), await failure(() => subtle.exportKey('raw', new Proxy(key, {}))), await failure(() => mine.usages)]`
    const expected = ['InvalidAccessError', 'InvalidAccessError', 'TypeError', 'TypeError', 'TypeError']
    assert.deepEqual(await evaluate(body), expected)
  })
})

describe('a guest that breaks the language before it uses crypto.subtle', () => {
  it('gets the same results, and nothing that the bootstrap makes of them', async () => {
    await using fixture = new PoolFixture()
    const bundle = fetching(`
      const { subtle } = crypto, ResponseBefore = Response, { defineProperty, setPrototypeOf, prototype, hasOwn } = Object, { stringify } = JSON
      const seen = setPrototypeOf([], null)
      const broken = () => { throw 1 }
      const spy = { get() { seen[seen.length] = this; return undefined }, set(value) { seen[seen.length] = value }, configurable: true }
      for (const name of ['0', '1', '2', 'toJSON', 'method', 'algorithm', 'key', 'at', 'sealed', 'encrypt', 'sign', 'importKey', 'hash', 'iterations', 'keyAlgorithm', 'name', 'iv', 'text', 'bytes', 'publicKey', 'then'])
        for (const target of [prototype, Array.prototype, String.prototype, Promise.prototype, ArrayBuffer.prototype]) defineProperty(target, name, spy)
      JSON.stringify = JSON.parse = Uint8Array.prototype.set = Uint8Array.prototype.subarray = Map.prototype.get = Map.prototype.set = Map.prototype.delete = broken
      String.prototype.toLowerCase = String.prototype.indexOf = String.prototype.slice = String.prototype.startsWith = Reflect.apply = Object.keys = broken
      Array.prototype[Symbol.iterator] = function () { seen[seen.length] = this; throw 2 }
      const usages = { [Symbol.iterator]() { let isDone = false; return { next() { const step = { done: isDone, value: 'sign' }; isDone = true; return step } } } }
      const key = await subtle.importKey('raw', new Uint8Array(16), { name: 'HMAC', hash: 'SHA-256' }, true, usages)
      const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, usages)
      const signature = await subtle.sign('HMAC', key, new Uint8Array(3))
      const digest = await subtle.digest({ name: 'SHA3-256' }, new Uint8Array(3))
      let stolen = 0
      for (let index = 0; index < seen.length; index++)
        if (typeof seen[index] === 'object' && seen[index] !== null && (hasOwn(seen[index], 'sealed') || hasOwn(seen[index], 'method') || hasOwn(seen[index], 'text'))) stolen++
      return new ResponseBefore(signature.byteLength + ' ' + digest.byteLength + ' ' + key.type + ' ' + pair.privateKey.type + ' ' + stolen)`)
    assert.equal(textOf(await fixture.get(fixture.define({ bundle }))), '32 32 secret private 0')
    assert.deepEqual(fixture.faults, [])
  })
})
