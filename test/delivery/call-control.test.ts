import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EnqueueOptions } from '../../runtime/delivery/call-control.ts'
import type { CallId, CallStatus } from '../../runtime/model/call.ts'
import { fixedLimits } from '../../runtime/model/limits.ts'
import { ran } from './attempt-fixture.ts'
import { DeliveryFixture } from './delivery-fixture.ts'
import { turn } from './manual-time.ts'

const never = new AbortController().signal
const event = { kind: 'direct', json: '{}' } as const
const options: EnqueueOptions = { source: 'admin', delayMs: 0, callerId: null }

describe('enqueueing', () => {
  it('picks the version, and the call runs', async () => {
    const { runner, delivery, events } = DeliveryFixture.started()
    const result = await delivery.enqueue('hello', 'live', event, options)
    await turn()
    assert.equal(result.kind, 'enqueued')
    const { id, version, qualifier, source, depth } = runner.running[0]!.delivery.call
    assert.equal(result.kind === 'enqueued' && result.id, id)
    assert.deepEqual([version, qualifier, source, depth], [3, 'live', 'admin', 0])
    assert.deepEqual(events, [['accepted', 'admin']])
  })

  it('reads a qualifier as people write it', async () => {
    const { runner, delivery, versions } = DeliveryFixture.started()
    versions.set('hello:$LATEST', '$LATEST')
    await delivery.enqueue('hello', 'latest', event, options)
    await turn()
    const { version, qualifier } = runner.running[0]!.delivery.call
    assert.deepEqual([version, qualifier], ['$LATEST', '$LATEST'])
  })

  it('refuses what workers refuse', async () => {
    const { delivery, events, deploy } = DeliveryFixture.started()
    deploy('closed', { maxQueued: 0 })
    const large = { kind: 'direct', json: 'x'.repeat(fixedLimits.maxAsyncBytes + 1) } as const
    const refused = async (...args: Parameters<typeof delivery.enqueue>): Promise<unknown> => {
      const result = await delivery.enqueue(...args)
      return result.kind === 'refused' && result.code
    }
    assert.equal(await refused('nobody', 'live', event, options), 'function_not_found')
    assert.equal(await refused('hello', 'Live!', event, options), 'bad_qualifier')
    assert.equal(await refused('hello', 'live', large, options), 'payload_too_large')
    assert.equal(await refused('hello', 'live', event, { ...options, delayMs: -1 }), 'bad_request')
    assert.equal(await refused('hello', 'live', event, { ...options, callerId: '' }), 'bad_request')
    assert.equal(await refused('closed', 'live', event, options), 'queue_full')
    assert.equal(events.filter(([what]) => what === 'refused').length, 6)
  })

  it('holds to what may be queued, what runs included', async () => {
    const { runner, delivery, deploy } = DeliveryFixture.started()
    deploy('hello', { maxQueued: 3, concurrency: 1 })
    const enqueue = async () => (await delivery.enqueue('hello', 'live', event, options)).kind
    for (let count = 0; count < 3; count++) assert.equal(await enqueue(), 'enqueued')
    assert.equal(await enqueue(), 'refused')
    await turn()
    await runner.end(ran('ok'))
    assert.equal(await enqueue(), 'enqueued')
    assert.equal(await enqueue(), 'refused')
  })

  it('of the same again answers the first one and its state', async () => {
    const { delivery, events } = DeliveryFixture.started()
    const named = { ...options, callerId: 'order 17' }
    const first = await delivery.enqueue('hello', 'live', event, named)
    await turn()
    const again = await delivery.enqueue('hello', 'live', event, named)
    assert.deepEqual(again, {
      kind: 'duplicate',
      id: first.kind === 'enqueued' && first.id,
      state: 'Running',
    })
    assert.deepEqual(events.at(-1), ['refused', 'duplicate_invocation'])
  })

  it('says that the log cannot be written, and not why', async () => {
    const { disk, delivery } = DeliveryFixture.started()
    disk.failure = 'EIO: /secret/path'
    const result = await delivery.enqueue('hello', 'live', event, options)
    assert.equal(result.kind === 'refused' && result.code, 'retry_log_unavailable')
    assert.doesNotMatch(result.kind === 'refused' ? result.message : '', /EIO/)
  })

  it('never rejects, whatever of ours is broken', async () => {
    const { log, delivery, events } = DeliveryFixture.started()
    log.append = () => Promise.reject(new TypeError('broken'))
    const result = await delivery.enqueue('hello', 'live', event, options)
    assert.equal(result.kind === 'refused' && result.code, 'internal_error')
    assert.deepEqual(events[0], ['fault', 'TypeError: broken'])
  })
})

describe('stopping', () => {
  it('ends a call that waits, at once, and tells its destination', async () => {
    const { time, runner, delivery, append, status, deploy, events } = DeliveryFixture.started()
    deploy('hello', { onFailure: { kind: 'function', reference: 'after' } })
    deploy('after')
    const id = await append({ delayMs: 1000 })
    assert.equal(await delivery.stop(id), 'stopped')
    assert.equal((await status(id)).state, 'Stopped')
    await time.pass(1000)
    assert.deepEqual(
      runner.begun.map(({ call }) => call.functionName),
      ['after'],
    )
    const { event: told } = runner.begun[0]!.call
    assert.equal(told.kind === 'direct' && JSON.parse(told.json).requestContext.condition, 'Canceled')
    assert.deepEqual([delivery.metrics().decisions.stopped, delivery.metrics().destinations], [1, 1])
    assert.deepEqual(events, [['decided', 'hello', 'stopped']])
  })

  it('asks a call that runs to end, which is tried no more then', async () => {
    const { runner, delivery, append, status } = DeliveryFixture.started()
    const id = await append()
    assert.equal(await delivery.stop(id), 'stopping')
    assert.deepEqual(runner.stopped, [id])
    assert.equal((await status(id)).state, 'Stopping')
    await runner.end(ran('canceled'))
    assert.equal((await status(id)).state, 'Stopped')
  })

  it('holds over the end of the supervisor: the call is not run again, and its destination is told', async () => {
    const before = DeliveryFixture.started()
    const id = await before.append()
    assert.equal(await before.delivery.stop(id), 'stopping')

    const { runner, delivery, deploy, log } = new DeliveryFixture(before.disk)
    deploy('hello', { onFailure: { kind: 'function', reference: 'other:live' } })
    deploy('other')
    delivery.start()
    await turn()
    const { state, progress } = (await log.get(id))!
    assert.deepEqual([state, progress.history.length], ['Stopped', 1])
    assert.deepEqual(
      runner.begun.map(({ call }) => call.functionName),
      ['other'],
    )
  })

  it('that fails the second time holds from the first', async () => {
    const { runner, delivery, append, status, disk } = DeliveryFixture.started()
    const id = await append()
    assert.equal(await delivery.stop(id), 'stopping')
    disk.failure = 'full'
    await assert.rejects(delivery.stop(id), { code: 'retry_log_unavailable' })
    disk.failure = null
    await runner.end({ kind: 'lost', isToBlame: false, executedVersion: null })
    assert.deepEqual([runner.begun.length, (await status(id)).state], [1, 'Stopped'])
  })

  it('of a call that is just being claimed lets it not begin', async () => {
    const { log, runner, delivery, append, status } = DeliveryFixture.started()
    const claim = log.claim.bind(log)
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    log.claim = async (...args) => {
      const claimed = await claim(...args)
      await gate
      return claimed
    }
    const id = await append()
    assert.equal(await delivery.stop(id), 'stopping')
    open()
    await turn()
    assert.deepEqual([runner.begun.length, (await status(id)).state], [0, 'Stopped'])
  })

  it('that the log did not take stops nothing', async () => {
    const { disk, runner, delivery, append, status } = DeliveryFixture.started()
    const id = await append()
    disk.failure = 'no space'
    await assert.rejects(delivery.stop(id), { code: 'retry_log_unavailable' })
    disk.failure = null
    await runner.end(ran('exception'))
    assert.equal((await status(id)).state, 'Retrying')
  })

  it('refuses a call that is not known or has ended', async () => {
    const { runner, delivery, append } = DeliveryFixture.started()
    await assert.rejects(delivery.stop('0'.repeat(32)), { code: 'invocation_not_found' })
    const id = await append()
    await runner.end(ran('ok'))
    await assert.rejects(delivery.stop(id), { code: 'invocation_state' })
  })
})

describe('redriving', () => {
  async function fails(fixture: DeliveryFixture): Promise<CallId> {
    const id = await fixture.append()
    await fixture.runner.end(ran('exception'))
    return id
  }

  it('runs a dead letter with the version of now and all its attempts, its history kept', async () => {
    const fixture = DeliveryFixture.started()
    const { runner, delivery, status, deploy } = fixture
    deploy('hello', { maxAttempts: 1 })
    const id = await fails(fixture)
    deploy('hello', { maxAttempts: 1 }, 4)
    await delivery.redrive(id)
    await turn()
    assert.deepEqual(
      [runner.running[0]?.delivery.call.version, runner.running[0]?.delivery.attempt.number],
      [4, 1],
    )
    await runner.end(ran('ok'))
    const { state, end } = await status(id)
    assert.deepEqual([state, end?.progress.history.length, delivery.metrics().redrives], ['Succeeded', 2, 1])
  })

  it('refuses what is not known, has not ended, or has no function any more', async () => {
    const fixture = DeliveryFixture.started()
    const { delivery, append, deploy, versions } = fixture
    await assert.rejects(delivery.redrive('0'.repeat(32)), { code: 'invocation_not_found' })
    deploy('hello', { maxAttempts: 1 })
    const dead = await fails(fixture)
    await assert.rejects(delivery.redrive(await append()), { code: 'invocation_state' })
    versions.clear()
    await assert.rejects(delivery.redrive(dead), { code: 'function_not_found' })
  })

  it('runs a call that was stopped, which is not stopped again', async () => {
    const { runner, delivery, append, status } = DeliveryFixture.started()
    const id = await append()
    await delivery.stop(id)
    await runner.end(ran('canceled'))
    await delivery.redrive(id)
    await turn()
    assert.deepEqual([runner.running.length, (await status(id)).state], [1, 'Running'])
  })

  it('posts again though the function has no such version any more', async () => {
    const { runner, delivery, append, deploy, versions } = DeliveryFixture.started()
    deploy('hello', { maxAttempts: 1 })
    const id = await append({ event: { kind: 'post', destination: 'onFailure', json: '{}' } })
    await runner.end(ran('exception'))
    versions.clear()
    await delivery.redrive(id)
    await turn()
    assert.equal(runner.running.length, 1)
  })

  it('of all goes page by page, and passes over what cannot be', async () => {
    const fixture = DeliveryFixture.started()
    const { runner, delivery, deploy, versions } = fixture
    deploy('hello', { maxAttempts: 1 })
    deploy('other', { maxAttempts: 1 })
    for (let count = 0; count < 3; count++) await fails(fixture)
    await fixture.append({ functionName: 'other' })
    await runner.end(ran('exception'))
    versions.delete('other:live')
    const pages: unknown[] = []
    const progress = await delivery.redriveAll({ states: ['Failed'] }, (page) => pages.push(page), never)
    assert.deepEqual(progress, { changed: 3, skipped: 1 })
    assert.deepEqual(pages.at(-1), progress)
    await turn()
    assert.equal(runner.running.length, 3)
  })

  it('of many stops when nobody wants it any more', async () => {
    const fixture = DeliveryFixture.started()
    fixture.deploy('hello', { maxAttempts: 1 })
    for (let count = 0; count < 70; count++) await fails(fixture)
    const aborted = AbortSignal.abort()
    const filter = { functionName: 'hello', states: ['Failed'] } as const
    const { changed } = await fixture.delivery.redriveAll(filter, () => {}, aborted)
    assert.equal(changed, 64)
  })

  it('stops at a log that cannot be written', async () => {
    const fixture = DeliveryFixture.started()
    fixture.deploy('hello', { maxAttempts: 1 })
    await fails(fixture)
    fixture.disk.failure = 'no space'
    await assert.rejects(
      fixture.delivery.redriveAll({ states: ['Failed'] }, () => {}, never),
      { code: 'retry_log_unavailable' },
    )
  })

  it('is not what purging does', async () => {
    const fixture = DeliveryFixture.started()
    fixture.deploy('hello', { maxAttempts: 1 })
    const id = await fails(fixture)
    const progress = await fixture.delivery.purge({ states: ['Failed', 'Expired'] }, () => {}, never)
    assert.deepEqual(progress, { changed: 1, skipped: 0 })
    assert.equal(await fixture.delivery.get(id), null)
  })
})

describe('waiting for the end of a call', () => {
  const waits = (
    { delivery }: DeliveryFixture,
    id: CallId,
    signal = never,
  ): { status: CallStatus | null | undefined } => {
    const answer: { status: CallStatus | null | undefined } = { status: undefined }
    delivery.waitForEnd(id, 30_000, signal).then((status) => {
      answer.status = status
    })
    return answer
  }

  it('is over for all who wait when it ends', async () => {
    const fixture = DeliveryFixture.started()
    const id = await fixture.append()
    const first = waits(fixture, id)
    const second = waits(fixture, id)
    await turn()
    assert.deepEqual([first.status, second.status], [undefined, undefined])
    await fixture.runner.end(ran('ok'))
    assert.deepEqual([first.status?.state, second.status?.state], ['Succeeded', 'Succeeded'])
  })

  it('is over when it has ended, is not known, or is stopped', async () => {
    const fixture = DeliveryFixture.started()
    const id = await fixture.append()
    await fixture.runner.end(ran('ok'))
    const ended = waits(fixture, id)
    const unknown = waits(fixture, '0'.repeat(32))
    const delayed = await fixture.append({ delayMs: 1000 })
    const stopped = waits(fixture, delayed)
    await fixture.delivery.stop(delayed)
    await turn()
    assert.deepEqual(
      [ended.status?.state, unknown.status, stopped.status?.state],
      ['Succeeded', null, 'Stopped'],
    )
  })

  it('is over in time, with the call as it is then, and leaves nothing', async () => {
    const fixture = DeliveryFixture.started()
    const timers = fixture.time.waiting
    const id = await fixture.append()
    const answer = waits(fixture, id)
    await fixture.time.pass(29_999)
    assert.deepEqual(answer, { status: undefined })
    await fixture.time.pass(1)
    assert.deepEqual(answer, { status: await fixture.status(id) })
    assert.equal(fixture.time.waiting, timers)
  })

  it('is over when who waits leaves, or delivery ends', async () => {
    const fixture = DeliveryFixture.started()
    const leaving = new AbortController()
    const id = await fixture.append({ delayMs: 60_000 })
    const left = waits(fixture, id, leaving.signal)
    const stays = waits(fixture, id)
    await turn()
    leaving.abort()
    await turn()
    assert.deepEqual([left.status?.state, stays.status], ['Enqueued', undefined])
    const late = waits(fixture, id, leaving.signal)
    await turn()
    assert.equal(late.status?.state, 'Enqueued')
    await fixture.delivery.drain(1000)
    await turn()
    assert.equal(stays.status?.state, 'Enqueued')
    assert.equal(fixture.time.waiting, 0)
  })
})
