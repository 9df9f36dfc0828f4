import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type OutboundPlace, OutboundQueue } from '../../../runtime/isolate/outbound/outbound-queue.ts'

/** Requests that ask for a place, each with an abort controller of its own. */
function ask(queue: OutboundQueue, count: number) {
  const places = new Map<number, OutboundPlace>()
  const requests = Array.from({ length: count }, (_, index) => {
    const controller = new AbortController()
    const result = queue.take(controller.signal).then((place) => places.set(index, place))
    return { controller, result }
  })
  return { places, requests, begun: () => [...places.keys()] }
}

/** An answer whose body stays open until it is given up. */
function answerFor(place: OutboundPlace, lastReadTurn: number, isStalled = true) {
  const answer = {
    lastReadTurn,
    isStalled,
    isGivenUp: false,
    giveUp() {
      answer.isGivenUp = true
      place.leave()
    },
  }
  place.answer = answer
  return answer
}

it('opens six at once, and the others in order as places come free', async () => {
  const queue = new OutboundQueue()
  const { places, begun } = ask(queue, 9)
  await turn()
  assert.deepEqual(begun(), [0, 1, 2, 3, 4, 5])
  assert.equal(queue.waiting, 3)
  places.get(3)!.leave()
  // A place is left once, however often that is said.
  places.get(3)!.leave()
  await turn()
  assert.deepEqual(begun(), [0, 1, 2, 3, 4, 5, 6])
  places.get(6)!.leave()
  places.get(0)!.leave()
  await turn()
  assert.deepEqual(begun(), [0, 1, 2, 3, 4, 5, 6, 7, 8])
})

it('never begins what was aborted while it waited, and keeps the places right', async () => {
  const queue = new OutboundQueue()
  const { places, requests, begun } = ask(queue, 8)
  requests[6]!.controller.abort(new Error('given up'))
  await assert.rejects(requests[6]!.result, /given up/)
  places.get(0)!.leave()
  await turn()
  assert.deepEqual(begun(), [0, 1, 2, 3, 4, 5, 7])
  for (const place of places.values()) place.leave()
  const later = ask(queue, 7)
  await turn()
  assert.deepEqual(later.begun(), [0, 1, 2, 3, 4, 5])
})

it('gives up the answer that was not read for longest, when none of six is read and another waits', async () => {
  const queue = new OutboundQueue()
  const { places, begun } = ask(queue, 7)
  await turn()
  const answers = [5, 3, 8, 1, 9, 2].map((turn, index) => answerFor(places.get(index)!, turn))
  queue.relieve()
  assert.deepEqual(
    answers.map(({ isGivenUp }) => isGivenUp),
    [false, false, false, true, false, false],
  )
  await turn()
  assert.deepEqual(begun(), [0, 1, 2, 3, 4, 5, 6])
  // Nobody waits any more.
  queue.relieve()
  assert.equal(answers.filter(({ isGivenUp }) => isGivenUp).length, 1)
})

it('gives none up while one of the six is not answered yet, or is read', async () => {
  const queue = new OutboundQueue()
  const { places } = ask(queue, 7)
  await turn()
  const answers = [0, 1, 2, 3, 4].map((index) => answerFor(places.get(index)!, index))
  queue.relieve()
  answers.push(answerFor(places.get(5)!, 5, false))
  queue.relieve()
  assert.equal(
    answers.some(({ isGivenUp }) => isGivenUp),
    false,
  )
})
