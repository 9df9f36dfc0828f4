import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AttemptQueue } from '../../../../router/worker/attempts/attempt-queue.ts'

function queueOf(names: string) {
  const queue = new AttemptQueue<{ functionName: string; index: number }>()
  for (const [index, functionName] of [...names].entries()) queue.add({ functionName, index })
  return queue
}

const any = () => true

test('Functions take turns, each with its oldest', () => {
  const queue = queueOf('aaabbc')
  const taken: string[] = []
  for (let item = queue.take(any); item !== null; item = queue.take(any))
    taken.push(`${item.functionName}${item.index}`)
  assert.deepEqual(taken, ['a0', 'b3', 'c5', 'a1', 'b4', 'a2'])
  assert.equal(queue.size, 0)
})

test('A function that is not wanted now holds up no other, and keeps its order', () => {
  const queue = queueOf('aab')
  assert.equal(queue.take(({ functionName }) => functionName !== 'a')?.index, 2)
  assert.equal(
    queue.take(({ functionName }) => functionName !== 'a'),
    null,
  )
  assert.equal(queue.size, 2)
  assert.equal(queue.take(any)?.index, 0)
})

test('Those that are not to wait any more are taken out', () => {
  const queue = queueOf('aabab')
  assert.deepEqual(
    queue.remove(({ index }) => index % 2 === 1).map(({ index }) => index),
    [1, 3],
  )
  assert.equal(queue.size, 3)
  assert.deepEqual(
    [queue.take(any), queue.take(any), queue.take(any)].map((item) => item?.index),
    [0, 2, 4],
  )
})
