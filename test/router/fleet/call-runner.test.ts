import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AttemptTaker, FleetCallRunner } from '../../../router/fleet/call-runner.ts'
import type { Flight } from '../../../router/flight-recorder.ts'
import type { NumberedDelivery, ToWorker } from '../../../router/protocol.ts'
import type { AttemptResult, Delivery } from '../../../runtime/delivery/call-runner.ts'

class FakeTaker implements AttemptTaker {
  isTaking = true
  readonly messages: ToWorker[] = []

  send(message: ToWorker): void {
    this.messages.push(message)
  }

  /** All that it was given. */
  get given(): readonly NumberedDelivery[] {
    return this.messages.flatMap((message) => (message.kind === 'attempts' ? message.deliveries : []))
  }
}

function deliveryOf(id: string): Delivery {
  const event = { kind: 'direct', json: '1' } as const
  const rest = {
    qualifier: 'live',
    version: 3,
    ageFromMs: 0,
    source: 'admin',
    parentId: null,
    callerId: null,
  } as const
  const call = { id, functionName: 'hello', event, enqueuedAtMs: 0, depth: 0, ...rest }
  return { call, attempt: { number: 1, enqueuedAtMs: 0, depth: 0 } }
}

function open(workers: number) {
  const clock = { nowMs: 0 }
  const pin = { of: 'version' as 'version' | 'alias' }
  const runner = new FleetCallRunner({ nowMs: () => clock.nowMs, pinOf: () => pin.of })
  const takers = Array.from({ length: workers }, () => new FakeTaker())
  return { clock, pin, runner, takers, members: takers.map((taker) => runner.join(taker)) }
}

const ok: AttemptResult = { kind: 'gone', reason: 'function_gone', message: 'x' }
const turn = () => new Promise(setImmediate)
const noFlight: Flight = { versionId: null, attempts: new Map() }

describe('FleetCallRunner', () => {
  it('gives each to the worker that has fewest, and all of one turn in one message', async () => {
    const { runner, takers, members } = open(2)
    const runs = ['a', 'b', 'c', 'd'].map((id) => runner.run(deliveryOf(id)))
    await turn()
    assert.deepEqual(
      takers.map(({ messages }) => messages.length),
      [1, 1],
    )
    assert.deepEqual(
      takers.map(({ given }) => given.map(({ delivery }) => delivery.call.id)),
      [
        ['a', 'c'],
        ['b', 'd'],
      ],
    )
    const [first, second] = takers[0]!.given
    runner.took(members[0]!, [
      { number: second!.number, result: ok },
      { number: 999, result: ok },
    ])
    assert.equal(await runs[2], ok)
    runner.took(members[0]!, [{ number: first!.number, result: { kind: 'refused' } }])
    assert.deepEqual(await runs[0], { kind: 'refused' })
  })

  it('gives nothing to a worker that starts or drains', async () => {
    const { runner, takers } = open(2)
    takers[0]!.isTaking = false
    for (const id of 'abc') void runner.run(deliveryOf(id))
    await turn()
    assert.deepEqual([takers[0]!.given.length, takers[1]!.given.length], [0, 3])
    takers[1]!.isTaking = false
    assert.equal(runner.room, 0)
    assert.deepEqual(await runner.run(deliveryOf('d')), { kind: 'refused' })
  })

  it('has room for a window of each worker, and says when there is some again', async () => {
    const { runner, takers, members } = open(1)
    let told = 0
    runner.onRoom(() => told++)
    const { room } = runner
    assert.ok(room > 10)
    for (let index = 0; index < room; index++) void runner.run(deliveryOf(String(index)))
    await turn()
    assert.equal(told, 0)
    assert.equal(runner.room, 0)
    assert.deepEqual(await runner.run(deliveryOf('one too many')), { kind: 'refused' })
    runner.took(members[0]!, [{ number: takers[0]!.given[0]!.number, result: ok }])
    runner.took(members[0]!, [{ number: takers[0]!.given[1]!.number, result: ok }])
    assert.equal(told, 1)
    assert.equal(runner.room, 2)
  })

  it('says that there is room when a worker becomes ready', () => {
    const { runner, takers } = open(1)
    takers[0]!.isTaking = false
    let told = 0
    runner.onRoom(() => told++)
    assert.equal(runner.room, 0)
    runner.noteRoom()
    assert.equal(told, 0)
    takers[0]!.isTaking = true
    runner.noteRoom()
    assert.equal(told, 1)
  })

  it('says that there is room when all that it gave away runs for long', () => {
    const { clock, runner } = open(1)
    const { room } = runner
    for (let count = 0; count < room; count++) void runner.run(deliveryOf(String(count)))
    let told = 0
    runner.onRoom(() => told++)
    clock.nowMs += 100
    runner.look()
    assert.deepEqual([told, runner.room], [0, 0])
    clock.nowMs += 900
    runner.look()
    assert.deepEqual([told, runner.room > 0], [1, true])
  })

  it('tells the worker that has a call to end it, behind the attempt itself', async () => {
    const { runner, takers } = open(2)
    void runner.run(deliveryOf('a'))
    void runner.run(deliveryOf('b'))
    runner.stop('b')
    runner.stop('unknown')
    await turn()
    assert.deepEqual(
      takers[1]!.messages.map(({ kind }) => kind),
      ['attempts', 'stopAttempts'],
    )
    assert.equal(takers[0]!.messages.length, 1)
  })

  it('tells of a worker that died what had begun, and blames the version that brought it down', async () => {
    const { runner, takers, members } = open(1)
    const runs = ['of the version', 'of another', 'not begun'].map((id) => runner.run(deliveryOf(id)))
    await turn()
    const [one, two] = takers[0]!.given
    const attempts = new Map([
      [one!.number, true],
      [two!.number, false],
    ])
    runner.leave(members[0]!, { versionId: 'v', attempts }, true)
    const executedVersion = 'hello:3'
    assert.deepEqual(await Promise.all(runs), [
      { kind: 'lost', isToBlame: true, executedVersion },
      { kind: 'lost', isToBlame: false, executedVersion },
      { kind: 'refused' },
    ])
    assert.equal(runner.room, 0)
  })

  it('blames nobody when it was not a guest, and names no version that it cannot know', async () => {
    const { pin, runner, takers, members } = open(1)
    pin.of = 'alias'
    const run = runner.run(deliveryOf('a'))
    await turn()
    const attempts = new Map([[takers[0]!.given[0]!.number, true]])
    runner.leave(members[0]!, { versionId: 'v', attempts }, false)
    assert.deepEqual(await run, { kind: 'lost', isToBlame: false, executedVersion: null })
    runner.leave(members[0]!, noFlight, true)
  })
})
