import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asyncBounds } from '../../runtime/model/async-settings.ts'
import { answered, ran } from './attempt-fixture.ts'
import { DeliveryFixture } from './delivery-fixture.ts'
import { turn } from './manual-time.ts'

describe('a call that is appended', () => {
  it('is begun in the same turn, and done when it was answered', async () => {
    const { log, runner, delivery, append, status } = DeliveryFixture.started()
    const id = await append()
    assert.equal(runner.begun.length, 1)
    const { call, attempt } = runner.begun[0]!
    assert.equal(call.id, id)
    assert.deepEqual(attempt, { number: 1, enqueuedAtMs: log.nowMs(), depth: 0 })
    assert.equal((await status(id)).state, 'Running')

    await runner.end(ran('ok'))
    const { state, end } = await status(id)
    assert.deepEqual([state, end?.result], ['Succeeded', { kind: 'json', json: '{"done":true}' }])
    const { attempts, decisions, running, unsettled, startLatency } = delivery.metrics()
    assert.deepEqual([attempts, running, unsettled], [{ ok: 1 }, 0, 0])
    assert.equal(delivery.metrics().attemptDuration.sumSeconds, 0.012)
    assert.deepEqual([decisions.run, decisions.succeeded], [1, 1])
    assert.equal(startLatency.counts[0], 1)
  })

  it('before delivery starts is begun when it does', async () => {
    const fixture = new DeliveryFixture()
    await fixture.append()
    assert.equal(fixture.runner.begun.length, 0)
    fixture.delivery.start()
    await turn()
    assert.equal(fixture.runner.begun.length, 1)
  })

  it('waits for its delay, and its latency is counted from then', async () => {
    const { time, runner, delivery, append } = DeliveryFixture.started()
    await append({ delayMs: 5000 })
    await time.pass(4999)
    assert.equal(runner.begun.length, 0)
    await time.pass(1)
    assert.equal(runner.begun.length, 1)
    assert.equal(delivery.metrics().startLatency.sumSeconds, 0)
  })

  it('wakes what waits for something later', async () => {
    const { time, runner, append } = DeliveryFixture.started()
    await append({ delayMs: 5000 })
    await append({ delayMs: 1000 })
    await time.pass(1000)
    assert.equal(runner.begun.length, 1)
    await time.pass(4000)
    assert.equal(runner.begun.length, 2)
  })
})

describe('a call that fails', () => {
  it('is tried again after its backoff until its attempts are used up, and is kept then', async () => {
    const { time, runner, delivery, append, status } = DeliveryFixture.started()
    const id = await append()
    await runner.end(ran('exception'))
    assert.equal((await status(id)).state, 'Retrying')
    await time.pass(29_999)
    assert.equal(runner.begun.length, 1)
    await time.pass(1)
    assert.equal(runner.begun.at(-1)?.attempt.number, 2)
    await runner.end(ran('throttled'))
    await time.pass(1000)
    assert.equal(runner.begun.at(-1)?.attempt.number, 2)
    await runner.end(answered(503, { retryAfterMs: 100_000 }))
    await time.pass(99_999)
    assert.equal(runner.begun.length, 3)
    await time.pass(1)
    assert.equal(runner.begun.at(-1)?.attempt.number, 3)
    await runner.end({ kind: 'lost', isToBlame: true, executedVersion: 'hello:3' })

    const { state, end } = await status(id)
    assert.deepEqual([state, end?.reason], ['Failed', 'retries_exhausted'])
    const history = end!.progress.history.map(({ number, counts, outcome }) => [number, counts, outcome])
    assert.deepEqual(history, [
      [1, true, 'exception'],
      [2, false, 'throttled'],
      [2, true, 'failed_status'],
      [3, true, 'crashed'],
    ])
    const { attempts, deadLetters, decisions } = delivery.metrics()
    assert.deepEqual(attempts, { exception: 1, throttled: 1, failed_status: 1, crashed: 1 })
    assert.deepEqual(deadLetters, { retries_exhausted: 1 })
    assert.deepEqual([decisions.backoff, decisions.setback, decisions.retries_exhausted], [2, 1, 1])
  })

  it('by no fault of its own is tried again at once', async () => {
    const { runner, append, status } = DeliveryFixture.started()
    const id = await append()
    await runner.end({ kind: 'lost', isToBlame: false, executedVersion: null })
    assert.deepEqual(runner.begun.at(-1)?.attempt.number, 1)
    await runner.end({ kind: 'refused' })
    assert.equal(runner.begun.length, 2)
    assert.equal((await status(id)).progress.setbacks, 2)
  })

  it('expires when its age ends, and not before', async () => {
    const { time, runner, append, status, deploy } = DeliveryFixture.started()
    deploy('hello', { maxAgeMs: 60_000 })
    const id = await append()
    await time.pass(100)
    await runner.end(answered(503, { retryAfterMs: 900_000 }))
    await time.pass(59_899)
    assert.equal((await status(id)).state, 'Retrying')
    await time.pass(1)
    const { state, end } = await status(id)
    assert.deepEqual([state, end?.reason], ['Expired', 'age_exceeded'])
    assert.equal(runner.begun.length, 1)
  })

  it('is kept for as long as dead letters are, one that was done for as long as results', async () => {
    const { time, runner, log, append, deploy } = DeliveryFixture.started()
    deploy('hello', { maxAttempts: 1, resultRetentionMs: 100_000, deadLetterRetentionMs: 200_000 })
    const done = await append()
    const dead = await append()
    await runner.end(ran('ok'))
    await runner.end(ran('exception'))
    await time.pass(179_000)
    assert.deepEqual([await log.get(done), (await log.get(dead))?.state], [null, 'Failed'])
    await time.pass(61_000)
    assert.equal(await log.get(dead), null)
  })

  it('because its function is gone is kept for the usual time', async () => {
    const { log, time, append, status, settings } = DeliveryFixture.started()
    settings.delete('hello')
    await time.pass(100)
    const id = await append()
    assert.equal((await status(id)).end?.reason, 'function_gone')
    await time.pass(asyncBounds.deadLetterRetentionMs.default - 60_000)
    assert.notEqual(await log.get(id), null)
  })
})

describe('calls at once', () => {
  it('of a function are at most its concurrency, whatever waits', async () => {
    const { runner, append, deploy } = DeliveryFixture.started()
    deploy('hello', { concurrency: 2 })
    deploy('other', { concurrency: 1 })
    for (let count = 0; count < 5; count++) await append()
    for (let count = 0; count < 3; count++) await append({ functionName: 'other' })
    const names = () => runner.running.map(({ delivery }) => delivery.call.functionName).sort()
    assert.deepEqual(names(), ['hello', 'hello', 'other'])
    await runner.end(ran('ok'))
    assert.deepEqual(names(), ['hello', 'hello', 'other'])
    assert.equal(runner.begun.length, 4)
  })

  it('that were appended before are claimed together, up to the concurrency', async () => {
    const fixture = new DeliveryFixture()
    fixture.deploy('hello', { concurrency: 3 })
    for (let count = 0; count < 10; count++) await fixture.append()
    fixture.delivery.start()
    await turn()
    assert.equal(fixture.runner.running.length, 3)
  })

  it('are at most what the workers have room for, functions in turn', async () => {
    const fixture = new DeliveryFixture()
    fixture.deploy('other')
    fixture.runner.capacity = 5
    for (let count = 0; count < 5; count++) await fixture.append()
    for (let count = 0; count < 5; count++) await fixture.append({ functionName: 'other' })
    fixture.delivery.start()
    await turn()
    const count = (name: string) =>
      fixture.runner.begun.filter(({ call }) => call.functionName === name).length
    assert.deepEqual([count('hello'), count('other')], [2, 2])
    await fixture.runner.end(ran('ok'))
    assert.equal(fixture.runner.running.length, 4)
  })

  it('for which there is less room than when they were claimed wait as they are', async () => {
    const fixture = new DeliveryFixture()
    const { time, log, runner, delivery, append, status, deploy } = fixture
    deploy('hello', { concurrency: 3 })
    const ids = [await append(), await append(), await append()]
    const claim = log.claim.bind(log)
    log.claim = async (...args) => {
      const claimed = await claim(...args)
      runner.capacity = 1
      return claimed
    }
    delivery.start()
    await turn()
    assert.deepEqual([runner.begun.length, delivery.metrics().running], [1, 3])
    assert.equal(await delivery.stop(ids[1]!), 'stopping')
    assert.deepEqual(runner.stopped, [])
    await time.pass(5000)
    await runner.end(ran('ok'))
    assert.equal((await status(ids[1]!)).state, 'Stopped')
    await runner.end(ran('ok'))
    assert.equal((await status(ids[2]!)).state, 'Succeeded')
    const { decisions, attempts, startLatency, running } = delivery.metrics()
    assert.deepEqual([decisions.run, attempts, running], [2, { ok: 2 }, 0])
    assert.equal(startLatency.sumSeconds, 5)
  })

  it('are begun as soon as a worker has room', async () => {
    const { time, runner, append } = DeliveryFixture.started()
    runner.capacity = 0
    await append()
    await time.pass(60_000)
    assert.equal(runner.begun.length, 0)
    runner.grow(1)
    await turn()
    assert.equal(runner.begun.length, 1)
  })

  it('are no more than memory has room for, and go on when there is some', async () => {
    const fixture = new DeliveryFixture()
    fixture.deploy('hello', { concurrency: 10_000 })
    const json = JSON.stringify('x'.repeat(1_000_000))
    for (let count = 0; count < 300; count++) await fixture.append({ event: { kind: 'direct', json } })
    fixture.delivery.start()
    await turn()
    // What one claim brings is not known before.
    assert.equal(fixture.runner.begun.length, 256)
    while (fixture.runner.running.length > 70) await fixture.runner.end(ran('ok'))
    assert.equal(fixture.runner.begun.length, 256)
    while (fixture.runner.running.length > 0) await fixture.runner.end(ran('ok'))
    assert.equal(fixture.runner.begun.length, 300)
  })

  it('leave room for other functions, however long they run', async () => {
    const { runner, append, deploy } = DeliveryFixture.started()
    for (const name of ['other', 'third']) deploy(name)
    runner.capacity = 64
    for (let count = 0; count < 70; count++) await append()
    assert.equal(runner.begun.length, 57)
    for (let count = 0; count < 70; count++) await append({ functionName: 'other' })
    assert.equal(runner.begun.length, 63)
    await append({ functionName: 'third' })
    assert.equal(runner.begun.at(-1)?.call.functionName, 'third')
  })

  it('that were waiting together leave room for other functions, too', async () => {
    const fixture = new DeliveryFixture()
    fixture.runner.capacity = 64
    for (let count = 0; count < 70; count++) await fixture.append()
    fixture.delivery.start()
    await turn()
    assert.equal(fixture.runner.begun.length, 57)
  })

  it('whose events fill the memory leave a little for other functions', async () => {
    const fixture = new DeliveryFixture()
    fixture.deploy('hello', { concurrency: 10_000 })
    fixture.deploy('other')
    const json = JSON.stringify('x'.repeat(1_000_000))
    for (let count = 0; count < 80; count++) await fixture.append({ event: { kind: 'direct', json } })
    fixture.delivery.start()
    await turn()
    for (let count = 0; count < 20; count++)
      await fixture.append({ functionName: 'other', event: { kind: 'direct', json } })
    const others = () => fixture.runner.begun.filter(({ call }) => call.functionName === 'other')
    assert.equal(others().length, 2)
    while (fixture.runner.running.length > 0) await fixture.runner.end(ran('ok'))
    assert.equal(others().length, 20)
  })

  it('follow their function when its settings change, within a tenth of a second', async () => {
    const { time, runner, append, deploy } = DeliveryFixture.started()
    deploy('hello', { concurrency: 1 })
    await time.pass(100)
    await append()
    await append()
    assert.equal(runner.begun.length, 1)
    deploy('hello', { concurrency: 3 })
    await time.pass(100)
    await append()
    assert.equal(runner.begun.length, 3)
  })

  it('of a paused function wait, and go on when it is resumed', async () => {
    const { runner, delivery, append } = DeliveryFixture.started()
    await delivery.pause('hello')
    await append()
    assert.equal(runner.begun.length, 0)
    await delivery.resume('hello')
    await turn()
    assert.equal(runner.begun.length, 1)
  })
})

describe('the end of a call', () => {
  it('is told to another function in the same transaction, one deeper in the chain', async () => {
    const { runner, delivery, append, deploy, log } = DeliveryFixture.started()
    deploy('hello', { onSuccess: { kind: 'function', reference: 'after' } })
    deploy('after', {}, 7)
    const id = await append({ depth: 4 })
    await runner.end(ran('ok'))
    const told = runner.running[0]!.delivery.call
    assert.deepEqual(
      [told.functionName, told.qualifier, told.version, told.depth, told.source, told.parentId],
      ['after', 'live', 7, 5, 'destination', id],
    )
    assert.equal(told.event.kind === 'direct' && JSON.parse(told.event.json).requestContext.requestId, id)
    assert.equal(delivery.metrics().destinations, 1)
    assert.equal((await log.get(id))?.state, 'Succeeded')
  })

  it('of failures that a destination takes over is no dead letter', async () => {
    const { runner, delivery, append, deploy, status } = DeliveryFixture.started()
    deploy('hello', { maxAttempts: 1, onFailure: { kind: 'function', reference: 'after' } })
    deploy('after')
    const id = await append()
    await runner.end(ran('exception'))
    assert.equal((await status(id)).state, 'Failed')
    assert.deepEqual(delivery.metrics().deadLetters, {})
    assert.equal(runner.running[0]?.delivery.call.functionName, 'after')
  })

  it('for a URL becomes a post of the same function, which has no destinations itself', async () => {
    const { runner, delivery, append, deploy, status } = DeliveryFixture.started()
    const destination = { kind: 'url', url: 'https://a/b', secret: 's' } as const
    deploy('hello', { maxAttempts: 1, onSuccess: destination, onFailure: destination })
    await append({ depth: 16 })
    await runner.end(ran('ok'))
    const { event, functionName, id } = runner.running[0]!.delivery.call
    assert.deepEqual([functionName, event.kind === 'post' && event.destination], ['hello', 'onSuccess'])
    await runner.end(answered(500))
    assert.equal((await status(id)).end?.reason, 'retries_exhausted')
    assert.deepEqual(delivery.metrics().deadLetters, { retries_exhausted: 1 })
    assert.equal(runner.running.length, 0)
  })

  it('for a function that is gone is a dead letter, or is told to nobody', async () => {
    const { runner, delivery, append, deploy, events } = DeliveryFixture.started()
    const destination = { kind: 'function', reference: 'nobody' } as const
    deploy('hello', { maxAttempts: 1, onSuccess: destination, onFailure: destination })
    await append()
    await append()
    await runner.end(ran('exception'))
    await runner.end(ran('ok'))
    const { deadLetters, lostDestinations } = delivery.metrics()
    assert.deepEqual([deadLetters, lostDestinations], [{ retries_exhausted: 1 }, 2])
    assert.equal(events.filter(([what]) => what === 'destinationLost').length, 2)
  })

  it('of a function that tells itself is told sixteen times, and kept then', async () => {
    const { runner, delivery, append, deploy } = DeliveryFixture.started()
    const destination = { kind: 'function', reference: 'hello' } as const
    deploy('hello', { onSuccess: destination, onFailure: destination })
    await append()
    for (let count = 0; count < 17; count++) await runner.end(ran('ok'))
    assert.equal(runner.running.length, 0)
    assert.equal(runner.begun.length, 17)
    assert.deepEqual(delivery.metrics().deadLetters, { chain_too_deep: 1 })
  })
})
