import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { OutboundQueue } from '../../runtime/isolate/outbound-queue.ts'

/** Pieces of work that end when they are told to, each with an abort controller of its own. */
function begin(queue: OutboundQueue, count: number) {
  const started: number[] = []
  const pieces = Array.from({ length: count }, (_, index) => {
    const controller = new AbortController()
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const result = queue.run(controller.signal, () => {
      started.push(index)
      return promise
    })
    return { controller, end: () => resolve(index), fail: () => reject(new Error('failed')), result }
  })
  return { started, pieces }
}

it('runs six at once, and the others in order as places come free', async () => {
  const { started, pieces } = begin(new OutboundQueue(), 9)
  await turn()
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5])
  pieces[3]!.end()
  assert.equal(await pieces[3]!.result, 3)
  await turn()
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5, 6])
  pieces[0]!.fail()
  await assert.rejects(pieces[0]!.result, /failed/)
  await turn()
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5, 6, 7])
  for (const piece of pieces) piece.end()
  await Promise.allSettled(pieces.map(({ result }) => result))
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5, 6, 7, 8])
})

it('never begins what was aborted while it waited, and keeps the places right', async () => {
  const queue = new OutboundQueue()
  const { started, pieces } = begin(queue, 8)
  pieces[6]!.controller.abort(new Error('given up'))
  await assert.rejects(pieces[6]!.result, /given up/)
  for (const piece of pieces) piece.end()
  await Promise.allSettled(pieces.map(({ result }) => result))
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5, 7])
  const later = begin(queue, 7)
  await turn()
  assert.deepEqual(later.started, [0, 1, 2, 3, 4, 5])
})
