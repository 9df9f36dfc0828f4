import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Share } from '../../runtime/model/share.ts'
import { divideShare } from '../../runtime/pool/divide-share.ts'

const noCap = Number.POSITIVE_INFINITY

function claims(needs: readonly number[], holders: readonly number[] = []) {
  return needs.map((need, index) => ({
    need: { requests: need, instances: need },
    isHolder: holders.includes(index),
  }))
}

function requestsOf(shares: readonly Share[]): number[] {
  return shares.map(({ requests }) => requests)
}

test('each gets what it needs, and what is left is divided among those that need any', () => {
  const totals = { requests: 10, instances: noCap }
  assert.deepEqual(requestsOf(divideShare(totals, claims([1, 1]))), [5, 5])
  assert.deepEqual(requestsOf(divideShare(totals, claims([8, 1]))), [9, 1])
  assert.deepEqual(requestsOf(divideShare(totals, claims([8, 8]))), [5, 5])
  assert.deepEqual(requestsOf(divideShare(totals, claims([3, 0]))), [10, 0])
})

test('of more workers than shares those keep one that have one', () => {
  const totals = { requests: 1, instances: noCap }
  assert.deepEqual(requestsOf(divideShare(totals, claims([0, 5], [0]))), [1, 0])
  assert.deepEqual(requestsOf(divideShare(totals, claims([0, 5]))), [0, 1])
})

test('requests and instances go to the same workers', () => {
  const shares = divideShare({ requests: 10, instances: 1 }, claims([4, 4]))
  assert.deepEqual(shares, [
    { requests: 10, instances: 1 },
    { requests: 0, instances: 0 },
  ])
})

test('nothing over the total is given out, and nothing is kept back that somebody needs', () => {
  const total = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(noCap))
  const need = fc.integer({ min: 0, max: 30 })
  const claimants = fc.array(
    fc.record({ need: fc.record({ requests: need, instances: need }), isHolder: fc.boolean() }),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(fc.record({ requests: total, instances: total }), claimants, (totals, all) => {
      const shares = divideShare(totals, all)
      for (const what of ['requests', 'instances'] as const) {
        const given = shares.map((share) => share[what])
        if (totals[what] === noCap) continue
        const sum = given.reduce((a, b) => a + b, 0)
        assert.ok(sum <= totals[what], `${sum} of ${totals[what]}`)
        if (shares.some(({ requests }) => requests > 0)) assert.equal(sum, totals[what])
      }
      for (const { requests, instances } of shares) assert.equal(requests > 0, instances > 0)
      const isNeeded = all.some(({ need: { requests } }) => requests > 0)
      const mayHave = Math.min(totals.requests, totals.instances) > 0
      if (isNeeded && mayHave) assert.ok(shares.some(({ requests }) => requests > 0))
    }),
  )
})
