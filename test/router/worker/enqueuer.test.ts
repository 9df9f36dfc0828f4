import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import { TargetPicker } from '../../../router/http/pick-target.ts'
import { type LogMessage, WorkerEnqueuer } from '../../../router/worker/enqueuer.ts'
import { QueueDepths } from '../../../router/worker/queue-depths.ts'
import { usualAsync } from '../../../runtime/model/async-settings.ts'
import type { CallStatus } from '../../../runtime/model/call.ts'
import type { EnqueueRequest, GuestEnqueue } from '../../../runtime/model/enqueue.ts'
import { IsoletteError } from '../../../runtime/model/errors.ts'
import { fixedLimits } from '../../../runtime/model/limits.ts'
import { EnqueueCounters } from '../../../runtime/observe/enqueue-counters.ts'
import { FakeAppender } from '../fake-appender.ts'
import { FakeRegistryView } from '../fake-registry-view.ts'

function openEnqueuer({ maxQueued = 100 } = {}) {
  const view = new FakeRegistryView()
  view.add('hello', { settings: { async: { ...usualAsync, maxQueued } } })
  const picker = new TargetPicker(view, () => 0)
  const appender = new FakeAppender()
  const told: LogMessage[] = []
  const counters = new EnqueueCounters()
  const depths = new QueueDepths()
  const faults = { toOpen: null as Error | null }
  let opened = 0
  const enqueuer = new WorkerEnqueuer({
    openAppender: () => {
      if (faults.toOpen !== null) throw faults.toOpen
      opened++
      return appender
    },
    picker,
    depths,
    counters,
    send: (message) => told.push(message),
    log: pino({ level: 'silent' }),
    nowMs: () => 0,
  })
  const enqueue = (changes: Partial<EnqueueRequest> = {}) =>
    enqueuer.enqueue({
      qualifier: 'live',
      target: picker.pick('hello', 'live', { versionKey: '', version: '' }),
      event: { kind: 'direct', json: '{}' },
      source: 'http',
      depth: 0,
      parentId: null,
      delayMs: 0,
      callerId: null,
      ...changes,
    })
  const enqueueForGuest = (changes: Partial<GuestEnqueue> = {}) =>
    enqueuer.enqueueForGuest({
      reference: 'hello',
      json: '{"a":1}',
      delayMs: 0,
      callerId: null,
      depth: 1,
      parentId: 'p',
      ...changes,
    })
  return {
    enqueuer,
    enqueue,
    enqueueForGuest,
    appender,
    told,
    counters,
    depths,
    faults,
    opened: () => opened,
  }
}

const nextTurn = () => new Promise(setImmediate)
const full = new IsoletteError('retry_log_unavailable', 'Cannot write /var/data: no space')

describe('WorkerEnqueuer', () => {
  it('appends the version that was picked, under the name that was asked for', async () => {
    const { enqueue, appender } = openEnqueuer()
    const result = await enqueue({ delayMs: 5, callerId: 'order 1' })
    assert.deepEqual(result, { kind: 'enqueued', id: '1'.padStart(32, '0') })
    assert.deepEqual(appender.calls, [
      {
        functionName: 'hello',
        qualifier: 'live',
        version: 1,
        event: { kind: 'direct', json: '{}' },
        source: 'http',
        depth: 0,
        parentId: null,
        delayMs: 5,
        callerId: 'order 1',
      },
    ])
  })

  it('answers when the call is on disk, not before', async () => {
    const { enqueuer, enqueue, appender } = openEnqueuer()
    appender.isHeld = true
    let isAnswered = false
    const answered = enqueue().then(() => {
      isAnswered = true
    })
    await nextTurn()
    assert.equal(isAnswered, false)
    assert.equal(enqueuer.isBusy, true)
    appender.commit()
    await answered
    await nextTurn()
    assert.equal(enqueuer.isBusy, false)
  })

  it('opens the log with the first call', async () => {
    const { enqueuer, enqueue, appender, opened } = openEnqueuer()
    await enqueue({ delayMs: -1 })
    await enqueuer.close()
    assert.equal(opened(), 0)
    await Promise.all([enqueue(), enqueue()])
    assert.equal(opened(), 1)
    await enqueuer.close()
    assert.equal(appender.isClosed, true)
  })

  it('refuses what is too large', async () => {
    const { enqueue, appender } = openEnqueuer()
    const json = 'x'.repeat(fixedLimits.maxAsyncBytes + 1)
    const result = await enqueue({ event: { kind: 'direct', json } })
    assert.equal(result.kind === 'refused' && result.code, 'payload_too_large')
    assert.equal(appender.calls.length, 0)
  })

  it('lets exactly maxQueued calls in, though all come at once', async () => {
    const { enqueue, appender, counters } = openEnqueuer({ maxQueued: 2 })
    const results = await Promise.all([enqueue(), enqueue(), enqueue()])
    assert.deepEqual(
      results.map((one) => (one.kind === 'refused' ? one.code : one.kind)),
      ['enqueued', 'enqueued', 'queue_full'],
    )
    assert.equal(appender.calls.length, 2)
    assert.deepEqual(counters.toMetrics().refused, { queue_full: 1 })
  })

  it('takes more when the supervisor says that calls have ended', async () => {
    const { enqueue, depths } = openEnqueuer({ maxQueued: 1 })
    await enqueue()
    depths.tell({ functionName: 'hello', open: 0, total: 1 })
    assert.equal((await enqueue()).kind, 'enqueued')
  })

  it('answers the same id again with the first call and its state', async () => {
    const { enqueue, appender, depths, counters } = openEnqueuer({ maxQueued: 2 })
    const first = await enqueue({ callerId: 'a' })
    assert(first.kind === 'enqueued')
    appender.states.set(first.id, { state: 'Running' } as CallStatus)
    assert.deepEqual(await enqueue({ callerId: 'a' }), { kind: 'duplicate', id: first.id, state: 'Running' })
    assert.deepEqual(counters.toMetrics().refused, { duplicate_invocation: 1 })
    // It took no place.
    assert.equal(depths.take('hello', 2), true)
  })

  it('tells the supervisor once a turn what was appended', async () => {
    const { enqueue, told } = openEnqueuer()
    await Promise.all([enqueue({ delayMs: 70 }), enqueue({ delayMs: 50 }), enqueue({ delayMs: 60 })])
    await nextTurn()
    await enqueue()
    await nextTurn()
    assert.deepEqual(told, [
      { kind: 'appended', notes: [{ functionName: 'hello', count: 3, total: 3, dueAtMs: 1050 }] },
      { kind: 'appended', notes: [{ functionName: 'hello', count: 1, total: 4, dueAtMs: 1000 }] },
    ])
  })

  it('refuses while the log cannot be written, tells so once, and again when it can', async () => {
    const { enqueue, appender, told } = openEnqueuer({ maxQueued: 2 })
    appender.failure = full
    for (let index = 0; index < 3; index++) {
      const result = await enqueue()
      assert(result.kind === 'refused')
      assert.equal(result.code, 'retry_log_unavailable')
      assert.doesNotMatch(result.message, /var/)
    }
    appender.failure = null
    assert.equal((await enqueue()).kind, 'enqueued')
    assert.deepEqual(
      told.filter(({ kind }) => kind === 'logState'),
      [
        { kind: 'logState', failure: full.message },
        { kind: 'logState', failure: null },
      ],
    )
  })

  it('refuses while the log cannot be opened', async () => {
    const { enqueue, faults } = openEnqueuer({ maxQueued: 1 })
    faults.toOpen = full
    const result = await enqueue()
    assert.equal(result.kind === 'refused' && result.code, 'retry_log_unavailable')
    faults.toOpen = null
    assert.equal((await enqueue()).kind, 'enqueued')
  })

  it('counts what it accepts by who asked', async () => {
    const { enqueue, enqueueForGuest, counters } = openEnqueuer()
    await enqueue()
    await enqueueForGuest()
    await enqueueForGuest()
    const { accepted, latency } = counters.toMetrics()
    assert.deepEqual(accepted, { http: 1, enqueue: 2 })
    assert.equal(latency.counts[0], 3)
  })

  it('picks the version of what a guest calls', async () => {
    const { enqueueForGuest, appender } = openEnqueuer()
    await enqueueForGuest({ reference: 'hello:latest' })
    const { functionName, qualifier, version, event, source, depth, parentId } = appender.calls[0]!
    assert.deepEqual(
      { functionName, qualifier, version, event, source, depth, parentId },
      {
        functionName: 'hello',
        qualifier: '$LATEST',
        version: '$LATEST',
        event: { kind: 'direct', json: '{"a":1}' },
        source: 'enqueue',
        depth: 1,
        parentId: 'p',
      },
    )
  })

  const nowhere: [reference: string, code: string][] = [
    ['nobody', 'function_not_found'],
    ['hello:canary', 'alias_not_found'],
    ['hello:77', 'version_not_found'],
    ['hello:!', 'bad_qualifier'],
    ['No Name', 'bad_name'],
  ]
  for (const [reference, code] of nowhere) {
    it(`refuses a guest's call of ${JSON.stringify(reference)} as ${code}`, async () => {
      const { enqueueForGuest, appender } = openEnqueuer()
      const result = await enqueueForGuest({ reference })
      assert.equal(result.kind === 'refused' && result.code, code)
      assert.equal(appender.calls.length, 0)
    })
  }
})
