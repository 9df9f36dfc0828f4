import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { QueueDepths } from '../../../router/worker/queue-depths.ts'

function appendOne(depths: QueueDepths, max: number): boolean {
  const isTaken = depths.take('hello', max)
  if (isTaken) depths.appended('hello')
  return isTaken
}

describe('QueueDepths', () => {
  it('lets in exactly as many as there may be', () => {
    const depths = new QueueDepths()
    assert.deepEqual(
      [1, 2, 3].map(() => appendOne(depths, 2)),
      [true, true, false],
    )
  })

  it('counts calls that are not on disk yet', () => {
    const depths = new QueueDepths()
    assert.deepEqual(
      [1, 2, 3].map(() => depths.take('hello', 2)),
      [true, true, false],
    )
  })

  it('gives the place of a call back that did not get to disk', () => {
    const depths = new QueueDepths()
    depths.take('hello', 1)
    depths.dropped('hello')
    assert.equal(depths.take('hello', 1), true)
  })

  it('adds to what the supervisor counted only what it appended since', () => {
    const depths = new QueueDepths()
    for (let index = 0; index < 10; index++) appendOne(depths, 100)
    // By the eighth, six had ended: two were open then, and two came since.
    depths.tell({ functionName: 'hello', open: 2, total: 8 })
    assert.deepEqual(
      [1, 2].map(() => appendOne(depths, 5)),
      [true, false],
    )
  })

  it('knows of calls that others appended', () => {
    const depths = new QueueDepths()
    depths.tell({ functionName: 'hello', open: 3, total: 0 })
    assert.deepEqual([appendOne(depths, 3), appendOne(depths, 4)], [false, true])
  })

  it('counts each function by itself', () => {
    const depths = new QueueDepths()
    depths.take('hello', 1)
    assert.equal(depths.take('other', 1), true)
  })
})
