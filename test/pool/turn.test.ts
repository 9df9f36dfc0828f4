import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Lane, Turn } from '../../runtime/pool/turn.ts'

/** A turn whose items each take a millisecond, and what it ran so far. */
function watched(onRun: (item: string) => void = () => {}) {
  const ran: string[] = []
  let nowMs = 0
  const turn = new Turn<string>(
    () => nowMs,
    (item) => {
      nowMs++
      ran.push(item)
      onRun(item)
    },
  )
  return { turn, ran }
}

const nextTurn = () => new Promise(setImmediate)

describe('Turn', () => {
  it('lets functions take turns, however much one of them has ready', async () => {
    const { turn, ran } = watched()
    const [flooding, modest] = [new Lane<string>(), new Lane<string>()]
    for (let item = 0; item < 100; item++) turn.add(flooding, `flood ${item}`)
    turn.add(modest, 'modest 0')
    turn.add(modest, 'modest 1')
    await nextTurn()
    assert.deepEqual(ran.slice(0, 5), ['flood 0', 'modest 0', 'flood 1', 'modest 1', 'flood 2'])
  })

  it('runs all that is ready in one turn of the event loop, in order', async () => {
    const { turn, ran } = watched()
    const lane = new Lane<string>()
    for (const item of ['a', 'b', 'c']) turn.add(lane, item)
    assert.deepEqual(ran, [])
    await nextTurn()
    assert.deepEqual(ran, ['a', 'b', 'c'])
  })

  it('leaves what becomes ready meanwhile to the next turn', async () => {
    const lane = new Lane<string>()
    const { turn, ran } = watched((item) => {
      if (item === 'a') turn.add(lane, "a'")
    })
    turn.add(lane, 'a')
    await nextTurn()
    assert.deepEqual(ran, ['a'])
    await nextTurn()
    assert.deepEqual(ran, ['a', "a'"])
  })

  it('ends after 10 ms, and goes on with those whose turn it was', async () => {
    const greedy = new Lane<string>()
    const modest = new Lane<string>()
    let nowMs = 0
    const ran: string[] = []
    const turn = new Turn<string>(
      () => nowMs,
      (item) => {
        ran.push(item)
        nowMs += 10
        if (ran.length === 1) turn.add(greedy, 'greedy')
      },
    )
    turn.add(greedy, 'greedy')
    turn.add(modest, 'modest')
    await nextTurn()
    assert.deepEqual(ran, ['greedy'])
    await nextTurn()
    assert.deepEqual(ran, ['greedy', 'modest'])
  })

  it('keeps the order of a lane that is never empty', async () => {
    const lane = new Lane<number>()
    let next = 0
    for (; next < 10; next++) lane.push(next)
    for (let expected = 0; expected < 5000; expected++) {
      assert.equal(lane.shift(), expected)
      lane.push(next++)
    }
    assert.equal(lane.isEmpty, false)
  })
})
