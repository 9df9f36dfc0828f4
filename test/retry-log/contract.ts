import assert from 'node:assert/strict'
import type { CallEvent } from '../../runtime/model/call.ts'
import { fixedLimits } from '../../runtime/model/limits.ts'
import { isCallId } from '../../runtime/retry-log/call-id.ts'
import { endingContract } from './contract-ending.ts'
import { leaseContract } from './contract-leases.ts'
import { listContract } from './contract-list.ts'
import {
  appendCall,
  callOf,
  claimAll,
  claimOne,
  depthOf,
  type LogTest,
  type OpenLog,
  stateOf,
  statusOf,
  succeeded,
  testsOf,
} from './log-scene.ts'

/** What the interface `RetryLog` promises, tried on one that implements it. */
export function retryLogContract(name: string, open: OpenLog): void {
  const check = testsOf(name, open)
  appendContract(check)
  leaseContract(check)
  endingContract(check)
  listContract(check)
}

const events: readonly CallEvent[] = [
  {
    kind: 'http',
    method: 'POST',
    url: 'http://127.0.0.1/hello?a=ü',
    headers: 'a\n1\nb\n\n',
    body: new Uint8Array([0, 255, 1]),
    clientAddress: '127.0.0.1',
  },
  { kind: 'http', method: 'GET', url: '/', headers: '', body: null, clientAddress: '::1' },
  { kind: 'direct', json: '{"text":"\\u0000ü😀"}' },
  { kind: 'scheduled', json: 'null', cron: '* * * * *', scheduledAtMs: 1_800_000_000_000 },
  { kind: 'post', destination: 'onFailure', json: '{}' },
]

function appendContract(check: LogTest): void {
  check('a call is found under its id as it was appended', async ({ log }) => {
    for (const event of events) {
      const call = callOf('hello', {
        event,
        depth: 2,
        parentId: 'parent',
        callerId: event.kind + Math.random(),
      })
      const appended = await log.append(call)
      assert.ok(appended.kind === 'appended' && isCallId(appended.id))
      assert.equal(appended.enqueuedAtMs, log.nowMs())
      const { delayMs, ...kept } = call
      assert.deepEqual(await log.get(appended.id), {
        call: { ...kept, id: appended.id, enqueuedAtMs: log.nowMs(), ageFromMs: log.nowMs() + delayMs },
        state: 'Enqueued',
        progress: { attempts: 0, setbacks: 0, history: [] },
        dueAtMs: log.nowMs(),
        end: null,
      })
    }
  })

  check('of the bytes of a call there is a copy when append returns', async ({ log }) => {
    const body = Buffer.from('before')
    const event = { kind: 'http', method: 'PUT', url: '/', headers: '', body, clientAddress: '::1' } as const
    const appended = log.append(callOf('hello', { event }))
    body.fill('x')
    const { id } = await appended
    const { call } = await statusOf(log, id)
    assert.ok(call.event.kind === 'http' && call.event.body !== null)
    assert.equal(Buffer.from(call.event.body).toString(), 'before')
  })

  check('an id that no call has is not known, whatever it looks like', async ({ log }) => {
    await appendCall(log, callOf('hello'))
    for (const id of ['0'.repeat(32), '', 'x', '../..', 'f'.repeat(32)]) {
      assert.equal(await log.get(id), null)
      await assert.rejects(log.remove(id), { code: 'invocation_not_found' })
      await assert.rejects(log.stop(id, 0, []), { code: 'invocation_not_found' })
      await assert.rejects(log.redrive(id, 1), { code: 'invocation_not_found' })
    }
  })

  check('calls of one turn are all there, each under an id of its own', async ({ log }) => {
    const calls = Array.from({ length: 300 }, (_, n) =>
      callOf(n % 3 === 0 ? 'a' : 'b', { event: { kind: 'direct', json: String(n) }, version: (n % 2) + 1 }),
    )
    const ids = await Promise.all(calls.map((call) => appendCall(log, call)))
    assert.equal(new Set(ids).size, 300)
    for (const [n, id] of ids.entries()) {
      assert.deepEqual((await statusOf(log, id)).call.event, calls[n]!.event)
    }
    const claimed = await claimAll(log)
    assert.deepEqual(new Set(claimed.map(({ call }) => call.id)), new Set(ids))
  })

  check('the largest events are kept', async ({ log }) => {
    const body = Buffer.alloc(fixedLimits.maxAsyncBytes, 7)
    const event = { kind: 'http', method: 'PUT', url: '/', headers: '', body, clientAddress: '::1' } as const
    const ids = await Promise.all([1, 2, 3].map(() => appendCall(log, callOf('hello', { event }))))
    for (const id of ids) {
      const { call } = await statusOf(log, id)
      assert.ok(call.event.kind === 'http' && call.event.body !== null && body.equals(call.event.body))
    }
  })

  check(
    'an id that a caller gave a function stands for one call, until that is forgotten',
    async (opened) => {
      const { log } = opened
      const named = callOf('hello', { callerId: 'order-1' })
      const [first, again] = await Promise.all([log.append(named), log.append(named)])
      const id = first.id
      const duplicate = { kind: 'duplicate', id }
      assert.deepEqual([first.kind, again], ['appended', duplicate])
      assert.deepEqual(await log.append(named), duplicate)
      assert.equal((await log.append({ ...named, functionName: 'other' })).kind, 'appended')
      assert.equal((await log.append({ ...named, callerId: 'order-2' })).kind, 'appended')
      assert.deepEqual(depthOf(log, 'hello'), { waiting: 2, running: 0 })

      assert.equal(await log.isOpen('hello', 'order-1'), true)
      assert.equal(await log.isOpen('hello', 'order-9'), false)
      const claimed = await claimAll(log)
      const { lease } = claimed.find(({ call }) => call.id === id)!
      assert.equal(await log.isOpen('hello', 'order-1'), true)
      await log.complete(lease, succeeded(log), 1000, [])
      assert.equal(await log.isOpen('hello', 'order-1'), false)
      assert.deepEqual(await log.append(named), duplicate)
      await log.remove(id)
      assert.equal((await log.append(named)).kind, 'appended')
    },
  )

  check('a hostile id of a caller is one like any other', async ({ log }) => {
    for (const callerId of ['', '\0', 'a\0b', 'ü'.repeat(64), '__proto__', '\n', '\ud800']) {
      const named = callOf('hello', { callerId })
      const { id } = await log.append(named)
      assert.deepEqual(await log.append(named), { kind: 'duplicate', id }, JSON.stringify(callerId))
    }
  })

  check('a delayed call is not due before, and its age counts from then', async ({ log, passMs }) => {
    const id = await appendCall(log, callOf('hello', { delayMs: 5000 }))
    const dueAtMs = log.nowMs() + 5000
    const status = await statusOf(log, id)
    assert.deepEqual([status.dueAtMs, status.call.ageFromMs], [dueAtMs, dueAtMs])
    assert.equal(
      log.nextDueMs(() => true),
      dueAtMs,
    )
    passMs(4999)
    assert.deepEqual(await claimAll(log), [])
    passMs(1)
    assert.equal((await claimOne(log)).call.id, id)
  })

  check('whoever listens is told of what is appended', async ({ log }) => {
    let told = 0
    const end = log.onAppended(() => told++)
    await appendCall(log, callOf('hello'))
    assert.ok(told > 0)
    told = 0
    log.noteAppended('hello', 1, log.nowMs())
    assert.ok(told > 0)
    end()
    told = 0
    await appendCall(log, callOf('hello'))
    assert.equal(told, 0)
  })

  check('a mark of a trigger is written with its call, not with a duplicate', async (opened) => {
    const { log } = opened
    const mark = { functionName: 'hello', key: 'k', untilMs: 5, firedAtMs: null }
    const other = { ...mark, key: 'other', firedAtMs: 3 }
    await log.append(callOf('hello', { callerId: 'once' }), mark)
    await log.append(callOf('hello', { callerId: 'once' }), { ...mark, untilMs: 9 })
    assert.deepEqual(await log.listTriggerMarks(), [mark])
    await log.setTriggerMark(other)
    await log.setTriggerMark({ ...mark, untilMs: 7 })
    const { log: reopened } = await opened.reopen()
    const marks = [...(await reopened.listTriggerMarks())].sort((a, b) => a.untilMs - b.untilMs)
    assert.deepEqual(marks, [other, { ...mark, untilMs: 7 }])
    await reopened.removeTriggerMark(mark)
    await reopened.removeTriggerMark(mark)
    assert.deepEqual(await reopened.listTriggerMarks(), [other])
  })

  check('a reopened log has every call as it was, and its time goes on', async (opened) => {
    const waiting = await appendCall(opened.log, callOf('hello', { callerId: 'x' }))
    const delayed = await appendCall(opened.log, callOf('hello', { delayMs: 1000 }))
    const before = [await statusOf(opened.log, waiting), await statusOf(opened.log, delayed)]
    const nowMs = opened.log.nowMs()
    const { log } = await opened.reopen()
    assert.ok(log.nowMs() >= nowMs)
    assert.deepEqual([await log.get(waiting), await log.get(delayed)], before)
    assert.deepEqual(depthOf(log, 'hello'), { waiting: 2, running: 0 })
    assert.equal(await log.holds('hello', 3), 2)
    assert.equal((await log.append(callOf('hello', { callerId: 'x' }))).kind, 'duplicate')
  })

  check('a closed log refuses', async ({ log }) => {
    const id = await appendCall(log, callOf('hello'))
    await log.close()
    await log.close()
    for (const refused of [log.append(callOf('hello')), log.get(id), claimAll(log), stateOf(log, id)]) {
      await assert.rejects(refused, { code: 'retry_log_unavailable' })
    }
  })
}
