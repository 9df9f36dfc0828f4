import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Grant, Share } from '../../runtime/model/share.ts'
import { LeaseBook } from '../../runtime/pool/lease-book.ts'

const noCap = Number.POSITIVE_INFINITY

/** A book whose workers say what the test says. */
class Fixture {
  totals: Share = { requests: 4, instances: noCap }
  readonly grants: { worker: number; grant: Grant }[] = []
  readonly book = new LeaseBook({
    totalsOf: () => this.totals,
    send: (worker, grant) => this.grants.push({ worker, grant }),
  })
  #wantId = 0

  want(worker: number, requests: number, isAsking = true): void {
    const need = { requests, instances: Math.min(1, requests) }
    const wantId = ++this.#wantId
    this.book.receive(worker, { kind: 'want', functionName: 'f', wantId, need, isAsking })
  }

  /** The worker confirms its last grant; `requests` is what it still uses. */
  confirm(worker: number, requests: number): void {
    const { sequence, share } = this.last(worker)
    const held = { requests: Math.max(requests, share.requests), instances: share.instances }
    this.book.receive(worker, { kind: 'held', functionName: 'f', sequence, held })
  }

  last(worker: number): Grant {
    return this.grants.findLast((one) => one.worker === worker)!.grant
  }

  shares(): number[] {
    return [1, 2].map((worker) => this.last(worker).share.requests)
  }
}

test('the first worker that asks gets all, and half goes to the second when the first has confirmed', () => {
  const fixture = new Fixture()
  fixture.want(1, 1)
  assert.equal(fixture.last(1).share.requests, 4)
  fixture.want(2, 1)
  assert.equal(fixture.last(1).share.requests, 2)
  assert.equal(
    fixture.grants.some(({ worker }) => worker === 2),
    false,
  )
  fixture.confirm(1, 0)
  assert.deepEqual(fixture.shares(), [2, 2])
  assert.equal(fixture.last(2).isAnswer, true)
})

test('what is still used is granted only as it ends, and whoever asked is told that there is none yet', () => {
  const fixture = new Fixture()
  fixture.want(1, 4)
  fixture.want(2, 1)
  fixture.confirm(1, 4)
  assert.equal(fixture.last(2).isAnswer, true)
  assert.equal(fixture.last(2).share.requests, 0)
  assert.deepEqual(fixture.last(2).holders, [1])
  fixture.confirm(1, 3)
  assert.equal(fixture.last(2).share.requests, 1)
})

test('the share of a dead worker is free at once', () => {
  const fixture = new Fixture()
  fixture.want(1, 4)
  fixture.want(2, 4)
  fixture.book.remove(1)
  assert.equal(fixture.last(2).share.requests, 4)
  assert.deepEqual(fixture.last(2).holders, [])
})

test('a confirmation of an earlier grant counts for nothing', () => {
  const fixture = new Fixture()
  fixture.want(1, 4)
  const { sequence } = fixture.last(1)
  fixture.want(2, 4)
  fixture.book.receive(1, {
    kind: 'held',
    functionName: 'f',
    sequence,
    held: { requests: 0, instances: 0 },
  })
  assert.equal(
    fixture.grants.some(({ worker }) => worker === 2),
    false,
  )
})

test('of more workers than shares one holds it, and the other is told who', () => {
  const fixture = new Fixture()
  fixture.totals = { requests: 1, instances: noCap }
  fixture.want(1, 1)
  fixture.confirm(1, 0)
  fixture.want(1, 0, false)
  fixture.want(2, 3)
  assert.deepEqual(fixture.shares(), [1, 0])
  assert.deepEqual(fixture.last(2).holders, [1])
})

test('the share of a draining worker goes to the others', () => {
  const fixture = new Fixture()
  fixture.totals = { requests: 1, instances: noCap }
  fixture.want(1, 1)
  fixture.want(2, 1)
  fixture.book.retire(1)
  assert.equal(fixture.last(1).share.requests, 0)
  fixture.confirm(1, 0)
  assert.deepEqual(fixture.shares(), [0, 1])
  assert.deepEqual(fixture.last(1).holders, [2])
})

test('a worker that drains alone keeps its share', () => {
  const fixture = new Fixture()
  fixture.want(1, 1)
  fixture.book.retire(1)
  assert.equal(fixture.last(1).share.requests, 4)
})

test('a worker that drains keeps its share while those that stay need none', () => {
  const fixture = new Fixture()
  fixture.want(1, 1)
  fixture.want(2, 1)
  fixture.confirm(1, 1)
  fixture.want(2, 0, false)
  fixture.book.retire(1)
  fixture.confirm(2, 0)
  assert.deepEqual(fixture.shares(), [4, 0])
  fixture.want(2, 1)
  fixture.confirm(1, 0)
  assert.deepEqual(fixture.shares(), [0, 4])
})

test('a lower total is taken from all, a higher one is given to all', () => {
  const fixture = new Fixture()
  fixture.want(1, 1)
  fixture.want(2, 1)
  fixture.confirm(1, 0)
  fixture.totals = { requests: 2, instances: noCap }
  fixture.book.totalsChanged('f')
  assert.deepEqual(fixture.shares(), [1, 1])
  fixture.confirm(1, 0)
  fixture.confirm(2, 0)
  fixture.totals = { requests: 6, instances: noCap }
  fixture.book.totalsChanged('f')
  assert.deepEqual(fixture.shares(), [3, 3])
})

test('what a worker needs no longer goes to one that is short', () => {
  const fixture = new Fixture()
  fixture.want(1, 2)
  fixture.want(2, 2)
  fixture.confirm(1, 2)
  fixture.want(2, 4)
  assert.deepEqual(fixture.shares(), [2, 2])
  fixture.want(1, 0, false)
  assert.equal(fixture.last(1).share.requests, 0)
  fixture.confirm(1, 0)
  assert.deepEqual(fixture.shares(), [0, 4])
})

test('a worker that gave its share back begins anew', () => {
  const fixture = new Fixture()
  fixture.want(1, 1)
  fixture.book.receive(1, { kind: 'release', functionName: 'f', wantId: 9 })
  fixture.want(2, 1)
  assert.equal(fixture.last(2).share.requests, 4)
})
