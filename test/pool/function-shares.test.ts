import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { usualPool } from '../../runtime/model/function.ts'
import type { Grant, LeaseNote, Share } from '../../runtime/model/share.ts'
import { FunctionShares } from '../../runtime/pool/function-shares.ts'
import { LeaseBook } from '../../runtime/pool/lease-book.ts'

const settings = { ...usualPool, reserved: 4 }

/** Shares of one worker whose supervisor is the test, with a clock of the test's. */
class Fixture {
  nowMs = 0
  inUse: Share = { requests: 0, instances: 0 }
  kept = 0
  readonly notes: LeaseNote[] = []
  readonly changed: string[] = []
  #due: { atMs: number; callback: () => void }[] = []
  #sequence = 0
  #wantId = 0
  readonly shares = new FunctionShares({
    nowMs: () => this.nowMs,
    schedule: (callback, delayMs) => this.#due.push({ atMs: this.nowMs + delayMs, callback }),
    send: (note) => {
      this.notes.push(note)
      if (note.kind === 'want') this.#wantId = note.wantId
    },
    inUse: () => this.inUse,
    kept: () => this.kept,
    onChanged: (name) => this.changed.push(name),
  })

  advance(ms: number): void {
    const endMs = this.nowMs + ms
    for (;;) {
      const [next] = this.#due.toSorted((a, b) => a.atMs - b.atMs)
      if (next === undefined || next.atMs > endMs) break
      this.#due = this.#due.filter((one) => one !== next)
      this.nowMs = next.atMs
      next.callback()
    }
    this.nowMs = endMs
  }

  grant(requests: number, grant: Partial<Grant> = {}): void {
    const wantId = this.#wantId
    const share = { requests, instances: requests }
    const sequence = ++this.#sequence
    this.shares.receive({
      functionName: 'f',
      sequence,
      wantId,
      isAnswer: true,
      share,
      holders: [],
      ...grant,
    })
  }

  of(): number | undefined {
    return this.shares.of('f', settings)?.requests
  }

  take(kind: LeaseNote['kind']): LeaseNote[] {
    const taken = this.notes.filter((note) => note.kind === kind)
    this.notes.length = 0
    return taken
  }
}

test('a share is asked for once, and known when the supervisor has answered', () => {
  const fixture = new Fixture()
  assert.equal(fixture.of(), undefined)
  assert.equal(fixture.of(), undefined)
  assert.equal(fixture.take('want').length, 1)
  fixture.grant(2)
  assert.equal(fixture.of(), 2)
  assert.deepEqual(fixture.changed, ['f'])
})

test('a function whose reserved is 0 has nothing, and nobody is asked', () => {
  const { shares, notes } = new Fixture()
  const blocked = { ...usualPool, reserved: 0 }
  assert.deepEqual(shares.of('f', blocked), { requests: 0, instances: 0 })
  assert.equal(shares.askMore('f', 'requests'), false)
  assert.deepEqual(notes, [])
  shares.of('f', settings)
  notes.length = 0
  shares.of('f', blocked)
  assert.equal(shares.askMore('f', 'requests'), false)
  assert.deepEqual(notes, [])
})

test('more is asked for once, and after a refusal not at once again', () => {
  const fixture = new Fixture()
  fixture.of()
  fixture.grant(2)
  fixture.take('want')
  assert.equal(fixture.shares.askMore('f', 'requests'), true)
  assert.equal(fixture.shares.askMore('f', 'requests'), true)
  assert.equal(fixture.notes.length, 1)
  fixture.grant(2)
  assert.equal(fixture.shares.askMore('f', 'requests'), false)
  fixture.nowMs += 21
  assert.equal(fixture.shares.askMore('f', 'requests'), true)
})

test('instances that are to stay ready are needed although they have nothing to do', () => {
  const fixture = new Fixture()
  fixture.of()
  fixture.grant(4)
  fixture.inUse = { requests: 0, instances: 3 }
  fixture.kept = 2
  fixture.advance(1000)
  const needs = () => fixture.take('want').map((note) => note.kind === 'want' && note.need)
  assert.deepEqual(needs().at(-1), { requests: 1, instances: 2 })
  fixture.kept = 0
  fixture.advance(1000)
  assert.deepEqual(needs().at(-1), { requests: 0, instances: 0 })
})

test('who was refused is told when it is worth asking again', () => {
  const fixture = new Fixture()
  fixture.of()
  fixture.grant(0)
  assert.equal(fixture.shares.askMore('f', 'requests'), false)
  fixture.changed.length = 0
  fixture.advance(15)
  assert.deepEqual(fixture.changed, [])
  fixture.advance(30)
  assert.deepEqual(fixture.changed, ['f'])
  assert.equal(fixture.shares.askMore('f', 'requests'), true)
})

test('who asks for more waits for 100 ms at most', () => {
  const fixture = new Fixture()
  fixture.of()
  fixture.grant(1)
  fixture.shares.askMore('f', 'requests')
  fixture.changed.length = 0
  fixture.advance(105)
  assert.deepEqual(fixture.changed, ['f'])
  assert.equal(fixture.shares.askMore('f', 'requests'), false)
})

test('a lower share holds at once, and is confirmed as what was begun ends', () => {
  const fixture = new Fixture()
  fixture.of()
  fixture.grant(4)
  fixture.inUse = { requests: 3, instances: 1 }
  fixture.take('held')
  fixture.grant(1)
  assert.equal(fixture.of(), 1)
  assert.deepEqual(fixture.take('held'), [
    { kind: 'held', functionName: 'f', sequence: 2, held: { requests: 3, instances: 1 } },
  ])
  fixture.inUse = { requests: 1, instances: 1 }
  fixture.advance(20)
  assert.deepEqual(fixture.take('held'), [
    { kind: 'held', functionName: 'f', sequence: 2, held: { requests: 1, instances: 1 } },
  ])
})

test('a share that nobody used for ten seconds is given back, and grants under way are passed over', () => {
  const fixture = new Fixture()
  fixture.of()
  fixture.grant(2)
  fixture.advance(12_000)
  assert.equal(fixture.take('release').length, 1)
  fixture.of()
  fixture.grant(3, { wantId: 1 })
  assert.equal(fixture.of(), undefined)
})

test('a share stays while there is an instance', () => {
  const fixture = new Fixture()
  fixture.of()
  fixture.grant(2)
  fixture.inUse = { requests: 0, instances: 1 }
  fixture.advance(60_000)
  assert.equal(fixture.take('release').length, 0)
})

test('what is needed no longer is told within a tenth of a second', () => {
  const fixture = new Fixture()
  fixture.of()
  fixture.inUse = { requests: 2, instances: 1 }
  fixture.grant(4)
  fixture.advance(40)
  fixture.take('want')
  fixture.inUse = { requests: 0, instances: 1 }
  fixture.advance(100)
  const last = fixture.take('want').at(-1)
  assert.deepEqual(last?.kind === 'want' && last.need, { requests: 0, instances: 0 })
})

/** A worker that begins requests where its share allows it, behind a channel that the property delivers from. */
class Simulated {
  running = 0
  isAlive = true
  readonly toSupervisor: LeaseNote[] = []
  readonly toWorker: Grant[] = []
  readonly shares: FunctionShares

  constructor(nowMs: () => number) {
    this.shares = new FunctionShares({
      nowMs,
      schedule: () => {},
      send: (note) => this.toSupervisor.push(note),
      inUse: () => ({ requests: this.running, instances: Math.min(1, this.running) }),
      kept: () => 0,
      onChanged: () => {},
    })
  }

  begin(): void {
    const share = this.shares.of('f', settings)
    if (share === null) return
    if (this.running < share.requests && share.instances > 0) this.running++
    else this.shares.askMore('f', 'requests')
  }
}

const step = fc.record({
  what: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom('begin', 'up', 'down') },
    { weight: 8, arbitrary: fc.constantFrom('end', 'tick') },
    { weight: 1, arbitrary: fc.constantFrom('die', 'retire') },
  ),
  worker: fc.nat({ max: 2 }),
})

test('what runs in all workers together is never more than the total, and whoever is alone at last gets all of it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.array(step, { minLength: 50, maxLength: 400, size: 'max' }),
      (total, steps) => {
        let nowMs = 0
        const workers = Array.from({ length: 3 }, () => new Simulated(() => nowMs))
        const book = new LeaseBook({
          totalsOf: () => ({ requests: total, instances: Number.POSITIVE_INFINITY }),
          send: (worker, grant) => workers[worker]!.toWorker.push(grant),
        })
        const deliver = (index: number) => {
          const worker = workers[index]!
          const note = worker.toSupervisor.shift()
          if (note !== undefined) book.receive(index, note)
          const grant = worker.toWorker.shift()
          if (grant !== undefined) worker.shares.receive(grant)
        }
        for (const { what, worker: index } of steps) {
          const worker = workers[index]!
          nowMs += 7
          if (!worker.isAlive) continue
          if (what === 'begin') worker.begin()
          else if (what === 'end') worker.running = Math.max(0, worker.running - 1)
          else if (what === 'up') {
            const note = worker.toSupervisor.shift()
            if (note !== undefined) book.receive(index, note)
          } else if (what === 'down') {
            const grant = worker.toWorker.shift()
            if (grant !== undefined) worker.shares.receive(grant)
          } else if (what === 'tick') worker.shares.tick()
          else if (what === 'retire') book.retire(index)
          else {
            worker.isAlive = false
            worker.running = 0
            book.remove(index)
          }
          const running = workers.reduce((sum, one) => sum + one.running, 0)
          assert.ok(running <= total, `${running} of ${total} run`)
        }
        const [last] = workers.filter(({ isAlive }) => isAlive)
        if (last === undefined) return
        for (const worker of workers) {
          if (worker === last || !worker.isAlive) continue
          worker.isAlive = false
          book.remove(workers.indexOf(worker))
        }
        for (let round = 0; round < 40; round++) {
          nowMs += 50
          last.begin()
          last.shares.tick()
          while (last.toSupervisor.length > 0 || last.toWorker.length > 0) deliver(workers.indexOf(last))
        }
        assert.equal(last.running, total)
      },
    ),
    { numRuns: 300 },
  )
})
