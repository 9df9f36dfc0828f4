import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryBudget } from '../../runtime/pool/memory-budget.ts'

/** A worker that takes 100 MiB without instances and may take 200. */
function worker() {
  const memory = { rssMiB: 100, estimatedMiB: 0 }
  const budget = new MemoryBudget({
    budgetMiB: 200,
    rssMiB: () => memory.rssMiB,
    estimatedMiB: () => memory.estimatedMiB,
  })
  return { memory, budget }
}

describe('MemoryBudget', () => {
  it('has room for what fits between the bare worker and the budget', () => {
    const { memory, budget } = worker()
    memory.estimatedMiB = 90
    assert.equal(budget.hasRoomFor(10), true)
    assert.equal(budget.hasRoomFor(11), false)
    assert.equal(budget.excessMiB, -10)
  })

  it('has room again at once when instances went, though resident memory stays', () => {
    const { memory, budget } = worker()
    memory.estimatedMiB = 100
    memory.rssMiB = 200
    budget.look()
    assert.equal(budget.hasRoomFor(1), false)
    memory.estimatedMiB = 10
    assert.equal(budget.hasRoomFor(80), true)
    assert.equal(budget.excessMiB, -90)
  })

  it('counts resident memory that no instance ever accounted for against new ones, and evicts none for it', () => {
    const { memory, budget } = worker()
    memory.estimatedMiB = 10
    memory.rssMiB = 170
    budget.look()
    assert.equal(budget.hasRoomFor(30), true)
    assert.equal(budget.hasRoomFor(31), false)
    assert.ok(budget.excessMiB < 0)
  })

  it('forgets what was taken once it has gone back to the system', () => {
    const { memory, budget } = worker()
    memory.estimatedMiB = 100
    memory.rssMiB = 200
    budget.look()
    memory.estimatedMiB = 10
    memory.rssMiB = 110
    budget.look()
    memory.rssMiB = 190
    budget.look()
    assert.equal(budget.hasRoomFor(11), false)
    assert.equal(budget.hasRoomFor(10), true)
  })

  it('leaves instances a quarter of a budget that the bare worker uses up', () => {
    const budget = new MemoryBudget({ budgetMiB: 80, rssMiB: () => 100, estimatedMiB: () => 15 })
    assert.equal(budget.hasRoomFor(5), true)
    assert.equal(budget.hasRoomFor(6), false)
  })
})
