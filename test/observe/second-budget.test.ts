import assert from 'node:assert/strict'
import { it } from 'node:test'
import { SecondBudget } from '../../runtime/observe/second-budget.ts'

it('gives so many in each second, and new ones in the next', () => {
  const budget = new SecondBudget(2)
  assert.deepEqual(
    [500, 500, 501, 1499, 1500, 1501, 1502, 9000].map((nowMs) => budget.take(nowMs)),
    [true, true, false, false, true, true, false, true],
  )
})

it('gives nothing if it has nothing', () => {
  const budget = new SecondBudget(0)
  assert.equal(budget.take(1), false)
  assert.equal(budget.take(5000), false)
})

it('gives several at once, the last time perhaps more than it has', () => {
  const budget = new SecondBudget(10)
  assert.deepEqual(
    [9, 9, 1].map((amount) => budget.take(0, amount)),
    [true, true, false],
  )
  assert.equal(budget.take(1000, 1), true)
})
