import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HostWork, type WorkAccount } from '../../../runtime/isolate/host-work/host-work.ts'

/** Work that ends when it is told to; CPU and time are variables. */
class Bench {
  nowMs = 0
  cpuMs = 0
  readonly begun: string[] = []
  readonly charged: Record<string, number> = {}
  readonly #ends = new Map<string, () => void>()
  readonly work = new HostWork({ nowMs: () => this.nowMs, otherThreadsMs: () => this.cpuMs })

  start(
    name: string,
    {
      lane = 'long',
      signal = new AbortController().signal,
      refusal = null,
    }: { lane?: 'short' | 'long'; signal?: AbortSignal; refusal?: string | null } = {},
  ): Promise<string> {
    const account: WorkAccount = {
      functionKey: name[0]!,
      charge: (cpuMs) => {
        this.charged[name] = (this.charged[name] ?? 0) + cpuMs
      },
      refusal: () => refusal,
    }
    return this.work.run(account, { lane, signal }, () => {
      this.begun.push(name)
      const { promise, resolve } = Promise.withResolvers<string>()
      this.#ends.set(name, () => resolve(name))
      return promise
    })
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)!()
    await this.settle()
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await null
  }

  pass(ms: number, cpuMs: number): void {
    this.nowMs += ms
    this.cpuMs += cpuMs
  }
}

describe('work on the host’s threads', () => {
  it('runs two long pieces of a function at once, the others in order', async () => {
    const bench = new Bench()
    const all = Promise.all(['a1', 'a2', 'a3', 'a4'].map((name) => bench.start(name)))
    assert.deepEqual(bench.begun, ['a1', 'a2'])
    await bench.end('a2')
    assert.deepEqual(bench.begun, ['a1', 'a2', 'a3'])
    await bench.end('a1')
    await bench.end('a3')
    await bench.end('a4')
    assert.deepEqual(await all, ['a1', 'a2', 'a3', 'a4'])
  })

  it('runs three long pieces of all functions, which take turns', async () => {
    const bench = new Bench()
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3', 'c1', 'c2']) void bench.start(name)
    assert.deepEqual(bench.begun, ['a1', 'a2', 'b1'])
    for (const name of ['a1', 'a2', 'b1', 'a3', 'b2']) await bench.end(name)
    assert.deepEqual(bench.begun, ['a1', 'a2', 'b1', 'a3', 'b2', 'c1', 'a4', 'b3'])
  })

  it('holds short pieces up only for their like', async () => {
    const bench = new Bench()
    for (const name of ['a1', 'a2', 'b1', 'b2']) void bench.start(name)
    for (let index = 0; index < 20; index++) void bench.start(`c${index}`, { lane: 'short' })
    assert.equal(bench.begun.length, 3 + 16)
    await bench.end('c0')
    assert.equal(bench.begun.length, 3 + 17)
  })

  it('gives up what waits when its signal aborts', async () => {
    const bench = new Bench()
    const controller = new AbortController()
    const { signal } = controller
    void bench.start('a1')
    void bench.start('a2')
    const given = bench.start('a3', { signal })
    const last = bench.start('a4')
    controller.abort(new Error('gone'))
    await assert.rejects(given, /gone/)
    await assert.rejects(bench.start('a5', { signal }), /gone/)
    await bench.end('a1')
    assert.deepEqual(bench.begun, ['a1', 'a2', 'a4'])
    await bench.end('a4')
    assert.equal(await last, 'a4')
  })

  it('begins nothing more for an account that refuses', async () => {
    const bench = new Bench()
    await assert.rejects(bench.start('a1', { refusal: 'used up' }), /used up/)
    void bench.start('a2')
    void bench.start('a3')
    assert.deepEqual(bench.begun, ['a2', 'a3'])
  })

  it('makes room when work fails', async () => {
    const work = new HostWork({ nowMs: () => 0, otherThreadsMs: () => 0 })
    const account: WorkAccount = { functionKey: 'a', charge: () => {}, refusal: () => null }
    const { signal } = new AbortController()
    for (let index = 0; index < 5; index++) {
      const failed = work.run(account, { lane: 'long', signal }, () => Promise.reject(new Error('broken')))
      await assert.rejects(failed, /broken/)
    }
  })
})

describe('CPU time of work on the host’s threads', () => {
  it('is charged to who runs alone', async () => {
    const bench = new Bench()
    bench.pass(10, 7)
    void bench.start('a1')
    bench.pass(10, 8)
    await bench.end('a1')
    bench.pass(10, 9)
    void bench.start('a2')
    bench.pass(4, 3)
    await bench.end('a2')
    assert.deepEqual(bench.charged, { a1: 8, a2: 3 })
  })

  it('is divided among those that ran at the same time', async () => {
    const bench = new Bench()
    void bench.start('a1')
    bench.pass(10, 10)
    void bench.start('b1')
    bench.pass(10, 20)
    await bench.end('a1')
    bench.pass(10, 6)
    await bench.end('b1')
    assert.deepEqual(bench.charged, { a1: 20, b1: 16 })
  })

  it('is paid by long work rather than by short work beside it', async () => {
    const bench = new Bench()
    void bench.start('a1')
    void bench.start('b1', { lane: 'short' })
    bench.pass(10, 9)
    await bench.end('b1')
    assert.deepEqual(bench.charged, { a1: 8, b1: 1 })
  })

  it('is at most the time that passed: threads of V8 work too', async () => {
    const bench = new Bench()
    void bench.start('a1')
    bench.pass(10, 35)
    await bench.end('a1')
    assert.deepEqual(bench.charged, { a1: 10 })
  })

  it('is not charged for waiting', async () => {
    const bench = new Bench()
    for (const name of ['a1', 'a2', 'a3']) void bench.start(name)
    bench.pass(10, 20)
    await bench.end('a1')
    bench.pass(5, 10)
    await bench.end('a2')
    await bench.end('a3')
    assert.deepEqual(bench.charged, { a1: 10, a2: 15, a3: 5 })
  })
})
