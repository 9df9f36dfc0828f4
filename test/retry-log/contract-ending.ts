import assert from 'node:assert/strict'
import type { CallResult } from '../../runtime/model/call.ts'
import {
  any,
  appendCall,
  callOf,
  claimAll,
  claimOne,
  depthOf,
  failed,
  type LogTest,
  progressOf,
  stateOf,
  statusOf,
  succeeded,
} from './log-scene.ts'

const results: readonly (CallResult | null)[] = [
  null,
  { kind: 'json', json: '{"ü":1}' },
  { kind: 'http', status: 201, headers: ['a', '1', 'b', ''], body: new Uint8Array([0, 200]) },
  { kind: 'http', status: 204, headers: [], body: null },
  { kind: 'too_large', bytes: 5_000_000 },
]

/** What `RetryLog` promises of the ends of calls, and of what people do with them. */
export function endingContract(check: LogTest): void {
  check('a call that succeeded is known with its end until it was kept for long enough', async (opened) => {
    const { log, passMs } = opened
    for (const result of results) {
      const id = await appendCall(log, callOf('hello'))
      const end = succeeded(log, { result })
      assert.equal(await log.complete((await claimOne(log)).lease, end, 1000, []), true)
      const status = await statusOf(log, id)
      assert.deepEqual([status.state, status.dueAtMs, status.end], ['Succeeded', null, end])
      assert.deepEqual(status.progress, end.progress)
      assert.deepEqual([status.call.id, status.call.functionName], [id, 'hello'])
    }
    assert.deepEqual(depthOf(log, 'hello'), { waiting: 0, running: 0 })
    passMs(999)
    assert.equal(await log.sweep(), 0)
    passMs(1)
    assert.equal(await log.sweep(), results.length)
    assert.equal(await log.sweep(), 0)
    assert.deepEqual((await log.list({}, null, 10)).calls, [])
  })

  check(
    'a call that is kept for no time is forgotten by the next sweep, and does not come back',
    async (opened) => {
      const ids = await Promise.all(
        [1, 2].map(() => appendCall(opened.log, callOf('hello', { callerId: null }))),
      )
      const claimed = await claimAll(opened.log)
      for (const { lease } of claimed) await opened.log.complete(lease, succeeded(opened.log), 0, [])
      await opened.log.sweep()
      const { log } = await opened.reopen()
      for (const id of ids) assert.ok([null, 'Succeeded'].includes(await stateOf(log, id)))
      assert.deepEqual(await claimAll(log), [])
      assert.deepEqual(depthOf(log, 'hello'), { waiting: 0, running: 0 })
    },
  )

  check('a dead letter keeps its event, and is counted by its reason', async (opened) => {
    const { log } = opened
    const event = { kind: 'direct', json: '{"keep":"me"}' } as const
    const failing = await appendCall(log, callOf('hello', { event }))
    await log.deadLetter((await claimOne(log)).lease, failed(log), 1000, [])
    const expiring = await appendCall(log, callOf('hello', { event }))
    const end = failed(log, { state: 'Expired', reason: 'age_exceeded', progress: progressOf(0) })
    await log.deadLetter((await claimOne(log)).lease, end, 5000, [])
    assert.deepEqual([await stateOf(log, failing), await stateOf(log, expiring)], ['Failed', 'Expired'])
    assert.deepEqual((await statusOf(log, failing)).call.event, event)
    assert.deepEqual(Object.fromEntries(log.stats().deadLetters), { retries_exhausted: 1, age_exceeded: 1 })

    opened.passMs(1000)
    assert.equal(await log.sweep(), 1)
    const { log: reopened } = await opened.reopen()
    assert.deepEqual((await statusOf(reopened, expiring)).end, end)
    assert.deepEqual(Object.fromEntries(reopened.stats().deadLetters), { age_exceeded: 1 })
    await reopened.remove(expiring)
    assert.equal(reopened.stats().deadLetters.get('age_exceeded') ?? 0, 0)
  })

  check('what follows the end of a call is appended with it', async ({ log }) => {
    await appendCall(log, callOf('hello'))
    const follow = [callOf('next', { depth: 1, source: 'destination' }), callOf('later', { delayMs: 1000 })]
    await log.complete((await claimOne(log)).lease, succeeded(log), 1000, follow)
    const next = await claimOne(log)
    assert.deepEqual([next.call.functionName, next.call.depth, next.call.source], ['next', 1, 'destination'])
    assert.equal(log.nextDueMs(any), log.nowMs() + 1000)
  })

  check('an ended call is not claimed again, after a restart neither', async (opened) => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => appendCall(opened.log, callOf('hello'))))
    const claimed = await claimAll(opened.log)
    await Promise.all(
      claimed.slice(0, 5).map(({ lease }) => opened.log.complete(lease, succeeded(opened.log), 1000, [])),
    )
    const { log } = await opened.reopen()
    assert.deepEqual(depthOf(log, 'hello'), { waiting: 5, running: 0 })
    const open = new Set(claimed.slice(5).map(({ call }) => call.id))
    assert.deepEqual(new Set((await claimAll(log)).map(({ call }) => call.id)), open)
    for (const id of ids) assert.equal(await stateOf(log, id), open.has(id) ? 'Running' : 'Succeeded')
  })

  check('stop() ends a call that waits, with what follows', async ({ log, passMs }) => {
    const id = await appendCall(log, callOf('hello', { delayMs: 1000 }))
    const beside = await appendCall(log, callOf('hello', { delayMs: 1000 }))
    assert.equal(await log.stop(id, 5000, [callOf('follow')]), 'stopped')
    const { state, end } = await statusOf(log, id)
    const progress = { attempts: 0, setbacks: 0, history: [] }
    assert.equal(state, 'Stopped')
    assert.deepEqual(end, { state, reason: null, endedAtMs: log.nowMs(), progress, result: null })
    assert.deepEqual(depthOf(log, 'follow'), { waiting: 1, running: 0 })
    passMs(1000)
    const claimed = await claimAll(log)
    assert.deepEqual(claimed.map(({ call }) => call.functionName).sort(), ['follow', 'hello'])
    assert.ok(claimed.some(({ call }) => call.id === beside))
    await assert.rejects(log.stop(id, 0, []), { code: 'invocation_state' })
    passMs(4000)
    assert.equal(await log.sweep(), 1)
    assert.equal(await log.get(id), null)
  })

  check('a call that was stopped is not waited for', async ({ log }) => {
    const id = await appendCall(log, callOf('hello'))
    await appendCall(log, callOf('hello', { delayMs: 1000 }))
    assert.equal(log.nextDueMs(any), log.nowMs())
    await log.stop(id, 5000, [])
    assert.equal(log.nextDueMs(any), log.nowMs() + 1000)
    assert.equal(log.stats().depth.get('hello')?.oldestDueMs, 0)
  })

  check('stop() marks a call that runs, and whoever runs it ends it', async ({ log }) => {
    const id = await appendCall(log, callOf('hello'))
    const { lease } = await claimOne(log)
    assert.equal(await log.stop(id, 5000, [callOf('follow')]), 'stopping')
    assert.equal(await log.stop(id, 5000, []), 'stopping')
    assert.equal(await stateOf(log, id), 'Stopping')
    assert.deepEqual(depthOf(log, 'hello'), { waiting: 0, running: 1 })
    assert.deepEqual(depthOf(log, 'follow'), { waiting: 0, running: 0 })
    await log.complete(lease, succeeded(log, { state: 'Stopped', result: null }), 1000, [])
    assert.equal(await stateOf(log, id), 'Stopped')
  })

  check('a call that came to wait again after its stop was asked for can be stopped', async ({ log }) => {
    const id = await appendCall(log, callOf('hello'))
    const { lease } = await claimOne(log)
    await log.stop(id, 5000, [])
    await log.reschedule(lease, log.nowMs() + 1000, progressOf(1))
    assert.equal(await stateOf(log, id), 'Retrying')
    assert.equal(await log.stop(id, 5000, []), 'stopped')
    assert.deepEqual((await statusOf(log, id)).end?.progress, progressOf(1))
  })

  check('redrive() gives a call that failed, expired or was stopped a new start', async (opened) => {
    const { log, passMs } = opened
    for (const state of ['Failed', 'Expired', 'Stopped'] as const) {
      const id = await appendCall(log, callOf('hello', { callerId: state, version: 1 }))
      const reason = state === 'Stopped' ? null : 'final_failure'
      await log.deadLetter((await claimOne(log)).lease, failed(log, { state, reason }), 10_000, [])
      const before = await statusOf(log, id)
      passMs(1000)
      await log.redrive(id, 2)
      const { call, progress, ...rest } = await statusOf(log, id)
      assert.deepEqual(call, { ...before.call, version: 2, ageFromMs: log.nowMs() })
      assert.deepEqual(progress, { attempts: 0, setbacks: 0, history: progressOf(1).history })
      assert.deepEqual(rest, { state: 'Enqueued', dueAtMs: log.nowMs(), end: null })
      assert.equal(log.stats().deadLetters.get('final_failure') ?? 0, 0)
      assert.deepEqual([await log.holds('hello', 1), await log.holds('hello', 2)], [0, 1])
      assert.equal(await log.isOpen('hello', state), true)
      await assert.rejects(log.redrive(id, 2), { code: 'invocation_state' })
      passMs(20_000)
      assert.equal(await log.sweep(), 0, 'what it was to be kept for counts no more')
      const again = await claimOne(log)
      assert.deepEqual([again.call, again.progress], [call, progress])
      assert.equal(await log.complete(again.lease, succeeded(log), 0, []), true)
      await log.sweep()
    }
  })

  check('what is redriven is so after a restart', async (opened) => {
    const id = await appendCall(opened.log, callOf('hello'))
    await opened.log.deadLetter((await claimOne(opened.log)).lease, failed(opened.log), 10_000, [])
    await opened.log.redrive(id, '$LATEST')
    const { log } = await opened.reopen()
    assert.equal(await stateOf(log, id), 'Enqueued')
    const { call, lease } = await claimOne(log)
    assert.deepEqual([call.id, call.version], [id, '$LATEST'])
    await log.deadLetter(lease, failed(log, { progress: progressOf(2) }), 10_000, [])
    assert.deepEqual((await statusOf(log, id)).progress, progressOf(2))
    assert.deepEqual(Object.fromEntries(log.stats().deadLetters), { retries_exhausted: 1 })
  })

  check(
    'what has not ended is neither redriven nor removed, what succeeded is not redriven',
    async ({ log }) => {
      const id = await appendCall(log, callOf('hello'))
      const refused = { code: 'invocation_state' }
      await assert.rejects(log.redrive(id, 1), refused)
      await assert.rejects(log.remove(id), refused)
      const { lease } = await claimOne(log)
      await assert.rejects(log.redrive(id, 1), refused)
      await assert.rejects(log.remove(id), refused)
      await log.complete(lease, succeeded(log), 1000, [])
      await assert.rejects(log.redrive(id, 1), refused)
      await log.remove(id)
      assert.equal(await log.get(id), null)
      await assert.rejects(log.remove(id), { code: 'invocation_not_found' })
      assert.equal(await log.sweep(), 0)
    },
  )

  check('a removed call does not come back with a restart', async (opened) => {
    const ids = await Promise.all([1, 2, 3].map(() => appendCall(opened.log, callOf('hello'))))
    const claimed = await claimAll(opened.log)
    const { lease, call } = claimed[1]!
    await opened.log.complete(lease, succeeded(opened.log), 1000, [])
    await opened.log.remove(call.id)
    const { log } = await opened.reopen()
    assert.equal(await log.get(call.id), null)
    const left = ids.filter((id) => id !== call.id)
    assert.deepEqual(new Set((await claimAll(log)).map((one) => one.call.id)), new Set(left))
  })
}
