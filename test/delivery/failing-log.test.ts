import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ran } from './attempt-fixture.ts'
import { DeliveryFixture } from './delivery-fixture.ts'
import { turn } from './manual-time.ts'

describe('a record that is not what it was written as', () => {
  it('is told of, and others are run', async () => {
    const { log, runner, append, events } = DeliveryFixture.started()
    await log.append({ ...newCall, event: undefined as never })
    await append()
    await turn()
    assert.equal(runner.begun.length, 1)
    assert.equal(events.filter(([what]) => what === 'fault').length, 1)
  })
})

describe('a log that cannot be written', () => {
  it('holds what came of attempts, begins nothing, and goes on by itself', async () => {
    const { time, disk, log, runner, delivery, append, status, events } = DeliveryFixture.started()
    const done = await append()
    const failing = await append()
    disk.failure = 'no space'
    await runner.end(ran('ok'))
    await runner.end(ran('exception'))
    const { unsettled, held, failure } = delivery.metrics()
    assert.deepEqual([unsettled, held, failure], [2, 2, 'no space'])
    assert.deepEqual(events, [['logFailed', 'no space']])

    await time.pass(60_000)
    assert.equal((await status(done)).state, 'Running')
    // The disk takes it again, and what waits is begun once what was held is settled.
    disk.failure = null
    const later = (await log.append(newCall)) as { id: string }
    await turn()
    assert.equal(runner.begun.length, 2)
    await time.pass(500)
    assert.equal((await status(done)).state, 'Succeeded')
    assert.equal((await status(failing)).state, 'Retrying')
    assert.equal((await status(later.id)).state, 'Running')
    assert.deepEqual(delivery.metrics().failure, null)
    assert.equal(delivery.metrics().decisions.succeeded, 1)
    assert.deepEqual(
      events.filter(([what]) => what === 'logFailed'),
      [
        ['logFailed', 'no space'],
        ['logFailed', null],
      ],
    )
  })

  it('is found out by a claim, too, and tried until one works', async () => {
    const { time, disk, runner, delivery, append } = DeliveryFixture.started()
    await append({ delayMs: 1000 })
    disk.failure = 'no space'
    await time.pass(1000)
    assert.deepEqual([runner.begun.length, delivery.metrics().failure], [0, 'no space'])
    await time.pass(10_000)
    disk.failure = null
    await time.pass(500)
    assert.deepEqual([runner.begun.length, delivery.metrics().failure], [1, null])
  })

  for (const [what, outageMs] of [
    ['hardly longer than a lease, which is lost', 3_602_000],
    ['nearly as long as a lease', 3_600_000],
  ] as const) {
    it(`for ${what} makes no attempt anew that runs`, async () => {
      const { time, disk, runner, delivery, append, deploy, status } = DeliveryFixture.started()
      deploy('hello', { timeoutMs: 1000 })
      const id = await append()
      disk.failure = 'no space'
      await time.pass(outageMs)
      disk.failure = null
      await time.pass(5000)
      await runner.end(ran('ok'))
      assert.equal((await status(id)).state, 'Succeeded')
      assert.equal(runner.begun.length, 1)
      assert.equal(delivery.metrics().lateSettles, 0)
    })
  }
})

describe('a lease', () => {
  it('lasts for as long as its attempt does', async () => {
    const { time, runner, append, deploy, status } = DeliveryFixture.started()
    deploy('hello', { timeoutMs: 1000 })
    const id = await append()
    await time.pass(10 * 3_600_000)
    assert.equal(runner.begun.length, 1)
    assert.equal((await status(id)).state, 'Running')
    await runner.end(ran('ok'))
    assert.equal((await status(id)).state, 'Succeeded')
  })

  it('that was lost lets nothing be said of the call', async () => {
    const { log, runner, delivery, append, events, status } = DeliveryFixture.started()
    log.complete = async () => false
    const id = await append()
    await runner.end(ran('ok'))
    const { lateSettles, decisions, unsettled } = delivery.metrics()
    assert.deepEqual([lateSettles, decisions.succeeded, unsettled], [1, 0, 0])
    assert.deepEqual(events, [])
    assert.equal((await status(id)).state, 'Running')
  })
})

it('what came of an attempt holds for a lease that is given meanwhile', async () => {
  const { time, disk, log, runner, delivery, append, deploy, status } = DeliveryFixture.started()
  deploy('hello', { timeoutMs: 1000 })
  const id = await append()
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const complete = log.complete.bind(log)
  log.complete = async (...args) => {
    await gate
    return complete(...args)
  }
  await runner.end(ran('ok'))
  // The lease cannot be extended until it has ended, and the call is claimed again.
  disk.failure = 'no space'
  await time.pass(3_602_000)
  disk.failure = null
  await time.pass(1000)
  open()
  await turn()
  assert.equal((await status(id)).state, 'Succeeded')
  assert.deepEqual([runner.begun.length, delivery.metrics().lateSettles], [1, 0])
})

it('a fault of ours leaves one call alone, and the others run', async () => {
  const { log, runner, delivery, append, events, status } = DeliveryFixture.started()
  const complete = log.complete
  log.complete = () => Promise.reject(new TypeError('broken'))
  await append()
  await runner.end(ran('ok'))
  log.complete = complete
  const id = await append()
  await runner.end(ran('ok'))
  assert.equal((await status(id)).state, 'Succeeded')
  assert.deepEqual(
    events.filter(([what]) => what === 'fault'),
    [['fault', 'TypeError: broken']],
  )
  assert.equal(delivery.metrics().unsettled, 0)
})

describe('draining', () => {
  it('begins nothing, and waits for what runs', async () => {
    const { runner, delivery, append, status } = DeliveryFixture.started()
    const running = await append()
    let isOver = false
    const drained = delivery.drain(10_000).then(() => {
      isOver = true
    })
    const waiting = await append()
    assert.deepEqual([runner.begun.length, isOver], [1, false])
    await runner.end(ran('ok'))
    await drained
    assert.deepEqual(
      [(await status(running)).state, (await status(waiting)).state],
      ['Succeeded', 'Enqueued'],
    )
  })

  it('waits for so long, and leaves the rest to the next start, that is told of no attempt', async () => {
    const { time, disk, runner, delivery, append } = DeliveryFixture.started()
    const id = await append()
    const drained = delivery.drain(10_000)
    await time.pass(10_000)
    await drained
    await runner.end(ran('ok'))
    assert.equal(time.waiting, 0)

    const next = new DeliveryFixture(disk)
    next.delivery.start()
    await turn()
    assert.deepEqual([next.runner.begun[0]?.call.id, next.runner.begun[0]?.attempt.number], [id, 1])
  })

  it('does not wait for what found no room to begin, which nobody takes for cut', async () => {
    const { log, runner, delivery, append, disk } = DeliveryFixture.started()
    const claim = log.claim.bind(log)
    log.claim = async (...args) => {
      const claimed = await claim(...args)
      runner.capacity = 0
      return claimed
    }
    const id = await append()
    assert.equal(delivery.metrics().running, 1)
    await delivery.drain(10_000)
    assert.equal(runner.begun.length, 0)
    const { state, progress } = (await new DeliveryFixture(disk).log.get(id))!
    assert.deepEqual([state, progress.history], ['Enqueued', []])
  })

  it('takes nothing that is being claimed', async () => {
    const { log, runner, delivery, append, disk } = DeliveryFixture.started()
    const claim = log.claim.bind(log)
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    log.claim = async (...args) => {
      const claimed = await claim(...args)
      await gate
      return claimed
    }
    const id = await append()
    const drained = delivery.drain(10_000)
    open()
    await drained
    assert.equal(runner.begun.length, 0)
    assert.deepEqual((await new DeliveryFixture(disk).log.get(id))!.progress.history, [])
  })

  it('of nothing is over at once', async () => {
    const { time, delivery } = DeliveryFixture.started()
    await delivery.drain(10_000)
    assert.equal(time.waiting, 0)
  })
})

const newCall = {
  functionName: 'hello',
  qualifier: 'live',
  version: 3,
  event: { kind: 'direct', json: '{}' },
  depth: 0,
  source: 'http',
  parentId: null,
  callerId: null,
  delayMs: 0,
} as const
