import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HostWork } from '../../../runtime/isolate/host-work/host-work.ts'
import { EntryFrames } from '../../../runtime/isolate/instance/entry-frames.ts'
import { AsyncOps } from '../../../runtime/isolate/ops/async-ops.ts'
import type { KeyAnswer } from '../../../runtime/isolate/web-crypto/abi.ts'
import { WebCrypto } from '../../../runtime/isolate/web-crypto/web-crypto.ts'
import { ByteBudget } from '../../../runtime/model/byte-budget.ts'

const MiB = 2 ** 20

/** The host's side of `crypto.subtle`, called as no guest module would. */
class Caller {
  readonly memory: ByteBudget
  readonly #async: AsyncOps
  readonly #crypto: WebCrypto
  #opId = 0
  #onAnswer = () => {}
  charged = 0

  constructor({ memoryMiB = 128, refusal = null }: { memoryMiB?: number; refusal?: string | null } = {}) {
    this.memory = new ByteBudget(memoryMiB * MiB)
    this.#async = new AsyncOps(() => this.#onAnswer())
    this.#crypto = new WebCrypto({
      async: this.#async,
      memory: this.memory,
      work: new HostWork({ nowMs: () => performance.now(), otherThreadsMs: () => 0 }),
      accountOf: () => ({
        functionKey: 'test',
        charge: (cpuMs) => {
          this.charged += cpuMs
        },
        refusal: () => refusal,
      }),
    })
  }

  /** What is said at once. */
  now(call: object | string, bytes: Uint8Array = new Uint8Array()): unknown {
    const json = typeof call === 'string' ? call : JSON.stringify(call)
    return this.#crypto.call({ opId: ++this.#opId, json, bytes }, undefined)
  }

  /** What is said at once or later, bytes as hexadecimal. */
  async ask(call: object, bytes?: Uint8Array): Promise<string> {
    const answered = new Promise<void>((resolve) => {
      this.#onAnswer = resolve
    })
    const now = this.now(call, bytes)
    if (now !== undefined)
      return typeof now === 'string' ? now : Buffer.from(now as ArrayBuffer).toString('hex')
    await answered
    const frames = new EntryFrames()
    this.#async.writeCompletions(frames, () => {})
    const answer = this.#async.takeBytes(this.#opId)
    return answer === undefined ? frames.text : Buffer.from(answer).toString('hex')
  }

  async key(): Promise<KeyAnswer> {
    const call = {
      method: 'generateKey',
      algorithm: { name: 'AES-GCM', length: 128 },
      usages: 'encrypt,decrypt',
    }
    return JSON.parse(await this.ask(call)).key
  }

  cancel(): void {
    this.#async.cancel(this.#opId)
  }

  close(): void {
    this.#async.close()
    this.#crypto.close()
  }
}

const iv = { at: 0, length: 12 }
const whole = { at: 0, length: 16 }
const bytes = new Uint8Array(16)

describe('a call of crypto.subtle that no guest module sends', () => {
  const malformed: [name: string, call: object | string][] = [
    ['no JSON', '{'],
    ['no object', 'null'],
    ['an array', '[]'],
    ['no method', {}],
    ['a method of objects', { method: 'constructor' }],
    ['a method that is no text', { method: ['digest'] }],
    ['no algorithm', { method: 'digest' }],
    ['an algorithm that is text', { method: 'digest', algorithm: 'SHA-256' }],
    ['an algorithm of objects', { method: 'digest', algorithm: { name: '__proto__' } }],
    ['an algorithm that is not registered for it', { method: 'encrypt', algorithm: { name: 'SHA-256' } }],
    [
      'bytes beyond the end',
      { method: 'digest', algorithm: { name: 'SHA-256' }, data: { at: 8, length: 9 } },
    ],
    [
      'bytes before the start',
      { method: 'digest', algorithm: { name: 'SHA-256' }, data: { at: -1, length: 9 } },
    ],
    [
      'a length that is text',
      { method: 'digest', algorithm: { name: 'SHA-256' }, data: { at: 0, length: '9' } },
    ],
    [
      'a length in fractions',
      { method: 'digest', algorithm: { name: 'SHA-256' }, data: { at: 0, length: 0.5 } },
    ],
    [
      'a length beyond all numbers',
      '{"method":"digest","algorithm":{"name":"SHA-256"},"data":{"at":1e308,"length":1e308}}',
    ],
    ['a key that is text', { method: 'exportKey', format: 'raw', key: '1' }],
    ['a format that is no text', { method: 'exportKey', format: {}, key: 1 }],
    ['usages that are no text', { method: 'generateKey', algorithm: { name: 'Ed25519' }, usages: ['sign'] }],
    [
      'a member that is no number',
      { method: 'generateKey', algorithm: { name: 'AES-GCM', length: [128] }, usages: 'encrypt' },
    ],
    [
      'a JSON Web Key of objects',
      {
        method: 'importKey',
        format: 'jwk',
        algorithm: { name: 'AES-GCM' },
        usages: 'encrypt',
        jwk: { kty: { toString: 1 } },
      },
    ],
  ]
  for (const [name, call] of malformed) {
    it(`is refused: ${name}`, () => {
      const caller = new Caller()
      const answer = caller.now(call, bytes)
      assert.match(typeof answer === 'number' ? '!number' : String(answer), /^!/)
    })
  }

  it('that lacks what it needs ends as an error', async () => {
    const caller = new Caller()
    const calls: object[] = [
      { method: 'encrypt', algorithm: { name: 'AES-GCM', iv } },
      { method: 'encrypt', algorithm: { name: 'AES-GCM' }, key: (await caller.key()).id },
      { method: 'generateKey', algorithm: { name: 'AES-GCM' }, usages: 'encrypt' },
      { method: 'generateKey', algorithm: { name: 'RSA-PSS' }, usages: 'sign' },
      { method: 'wrapKey', algorithm: { name: 'AES-KW' }, key: (await caller.key()).id },
      { method: 'importKey', algorithm: { name: 'ECDSA', namedCurve: '__proto__' }, usages: 'sign' },
      { method: 'deriveBits', algorithm: { name: 'PBKDF2' } },
      { method: 'deriveKey', algorithm: { name: 'ECDH' }, keyAlgorithm: { name: 'AES-GCM' } },
      { method: 'digest', algorithm: { name: 'KT128' } },
      { method: 'generateKey', algorithm: { name: 'Ed25519' }, usages: 'sign,__proto__' },
    ]
    for (const call of calls)
      assert.match(await caller.ask(call, bytes), /^!\w+Error\n/, JSON.stringify(call))
  })

  it('says nothing of the host in its errors', async () => {
    const caller = new Caller()
    const answer = await caller.ask(
      { method: 'importKey', format: 'spki', data: whole, algorithm: { name: 'Ed25519' }, usages: 'verify' },
      bytes,
    )
    assert.match(answer, /^!DataError\n[^/]*$/)
  })

  it('names the key that is not at hand', async () => {
    const caller = new Caller()
    const { id } = await caller.key()
    const call = { method: 'encrypt', algorithm: { name: 'AES-GCM', iv }, data: whole }
    assert.equal((await caller.ask({ ...call, key: id }, bytes)).length, 64)
    assert.equal(caller.now({ ...call, key: id + 1 }, bytes), id + 1)
    assert.equal(new Caller().now({ ...call, key: id }, bytes), id)
  })
})

describe('what a call of crypto.subtle may ask for', () => {
  const secret = (name: string, usages: string) => ({
    method: 'importKey',
    format: 'raw-secret',
    data: whole,
    algorithm: { name },
    usages,
  })
  const cases: [name: string, call: object, base?: object][] = [
    [
      'iterations of PBKDF2',
      {
        method: 'deriveBits',
        algorithm: { name: 'PBKDF2', hash: 'SHA-256', salt: iv, iterations: 2_000_001 },
        length: 256,
      },
      secret('PBKDF2', 'deriveBits'),
    ],
    [
      'blocks of PBKDF2',
      {
        method: 'deriveBits',
        algorithm: { name: 'PBKDF2', hash: 'SHA-256', salt: iv, iterations: 1_000_001 },
        length: 512,
      },
      secret('PBKDF2', 'deriveBits'),
    ],
    [
      'blocks of a key of PBKDF2',
      {
        method: 'deriveKey',
        algorithm: { name: 'PBKDF2', hash: 'SHA-256', salt: iv, iterations: 1_000_001 },
        keyAlgorithm: { name: 'HMAC', hash: 'SHA-256' },
        usages: 'sign',
      },
      secret('PBKDF2', 'deriveKey'),
    ],
    [
      'output of PBKDF2',
      {
        method: 'deriveBits',
        algorithm: { name: 'PBKDF2', hash: 'SHA-256', salt: iv, iterations: 1 },
        length: 2 ** 31,
      },
      secret('PBKDF2', 'deriveBits'),
    ],
    [
      'memory of Argon2',
      {
        method: 'deriveBits',
        algorithm: { name: 'Argon2id', nonce: whole, memory: 65_537, parallelism: 1, passes: 1 },
        length: 256,
      },
      secret('Argon2id', 'deriveBits'),
    ],
    [
      'passes of Argon2',
      {
        method: 'deriveBits',
        algorithm: { name: 'Argon2id', nonce: whole, memory: 65_536, parallelism: 1, passes: 5 },
        length: 256,
      },
      secret('Argon2id', 'deriveBits'),
    ],
    ['output of a hash', { method: 'digest', algorithm: { name: 'TurboSHAKE128', outputLength: 2 ** 31 } }],
    [
      'a key for HMAC',
      {
        method: 'generateKey',
        algorithm: { name: 'HMAC', hash: 'SHA-256', length: 2 ** 31 },
        usages: 'sign',
      },
    ],
    [
      'a modulus of RSA',
      {
        method: 'generateKey',
        algorithm: {
          name: 'RSA-PSS',
          modulusLength: 4104,
          publicExponent: { at: 0, length: 3 },
          hash: 'SHA-256',
        },
        usages: 'sign',
      },
    ],
  ]
  for (const [name, call, base] of cases) {
    it(`is bounded: ${name}`, async () => {
      const caller = new Caller()
      const key = base === undefined ? undefined : JSON.parse(await caller.ask(base, bytes)).key.id
      assert.match(
        await caller.ask({ ...call, key }, bytes),
        /^!OperationError\nCannot work with \d+ .*: must be at most \d+$/,
      )
    })
  }

  it('is bounded: data', () => {
    const large = new Uint8Array(64 * MiB + 1)
    const answer = new Caller({ memoryMiB: 1000 }).now(
      { method: 'digest', algorithm: { name: 'SHA-256' }, data: { at: 0, length: large.length } },
      large,
    )
    assert.equal(answer, '!OperationError\nCannot work with 67108865 bytes of data: must be at most 67108864')
  })

  it('is bounded: a key that is imported', async () => {
    const large = new Uint8Array(64 * 1024 + 1)
    const call = {
      method: 'importKey',
      format: 'raw',
      data: { at: 0, length: large.length },
      algorithm: { name: 'HMAC', hash: 'SHA-1' },
      usages: 'sign',
    }
    assert.match(await new Caller().ask(call, large), /^!OperationError\n.*bytes of key/)
  })

  it('fits into the memory of the instance, with what else is held for it', async () => {
    const caller = new Caller({ memoryMiB: 1 })
    const data = new Uint8Array(MiB)
    const call = { method: 'digest', algorithm: { name: 'SHA-256' }, data: { at: 0, length: data.length } }
    assert.equal(caller.now(call, data), undefined)
    assert.match(String(caller.now(call, data)), /^!OperationError\n.*limits.memoryMiB/)
    caller.cancel()
  })

  it('gives the memory back when it has ended', async () => {
    const caller = new Caller({ memoryMiB: 1 })
    const data = new Uint8Array(MiB)
    const call = { method: 'digest', algorithm: { name: 'SHA-256' }, data: { at: 0, length: data.length } }
    for (let count = 0; count < 3; count++) assert.equal((await caller.ask(call, data)).length, 64)
    assert.ok(caller.memory.hold(MiB))
  })

  it('leaves the memory as it was, whatever algorithm it names', async () => {
    const caller = new Caller({ memoryMiB: 1 })
    await caller.ask(secret('Argon2id', 'deriveBits'), bytes)
    assert.equal(caller.memory.hold(MiB + 1), false)
    assert.ok(caller.memory.hold(MiB))
  })

  it('is bounded in number', () => {
    const caller = new Caller()
    const call = { method: 'digest', algorithm: { name: 'SHA3-256' } }
    for (let count = 0; count < 1000; count++) assert.equal(caller.now(call), undefined)
    assert.match(String(caller.now(call)), /^!OperationError\n.*1000 calls at once/)
    caller.close()
  })

  it('is nothing for an account that has no more', async () => {
    const caller = new Caller({ refusal: 'used up' })
    assert.equal(
      await caller.ask({ method: 'digest', algorithm: { name: 'SHA3-256' } }),
      '!OperationError\nused up',
    )
  })
})
