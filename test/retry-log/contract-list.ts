import assert from 'node:assert/strict'
import type { CallId } from '../../runtime/model/call.ts'
import type { CallFilter, RetryLog } from '../../runtime/retry-log/retry-log.ts'
import {
  appendCall,
  callOf,
  claimAll,
  claimOne,
  depthOf,
  failed,
  type LogTest,
  progressOf,
  succeeded,
} from './log-scene.ts'

/** Ids of all pages, which may be short, but are never too long. */
async function listed(log: RetryLog, filter: CallFilter, limit: number): Promise<CallId[]> {
  const ids: CallId[] = []
  let cursor: string | null = null
  for (let pages = 0; pages < 1000; pages++) {
    const page = await log.list(filter, cursor, limit)
    assert.ok(page.calls.length <= limit)
    ids.push(...page.calls.map(({ call }) => call.id))
    cursor = page.cursor
    if (cursor === null) return ids
  }
  assert.fail('the pages do not end')
}

/** What `RetryLog` promises of lists and counts. */
export function listContract(check: LogTest): void {
  check('a list has what has not ended before what has, and the newest of each first', async (opened) => {
    const { log, passMs } = opened
    const ids: CallId[] = []
    for (let n = 0; n < 12; n++) {
      ids.push(await appendCall(log, callOf(n % 3 === 0 ? 'a' : 'b', { delayMs: n === 6 ? 10_000 : 0 })))
      passMs(10)
    }
    const claimed = await claimAll(log, 60_000, 5)
    await log.complete(claimed[0]!.lease, succeeded(log), 60_000, [])
    await log.deadLetter(claimed[1]!.lease, failed(log), 60_000, [])
    await log.reschedule(claimed[2]!.lease, log.nowMs() + 5000, progressOf(1))
    const ended = new Set([claimed[0]!.call.id, claimed[1]!.call.id])
    const newest = [...ids].reverse()
    const expected = [...newest.filter((id) => !ended.has(id)), ...newest.filter((id) => ended.has(id))]
    for (const limit of [1, 2, 5, 100]) assert.deepEqual(await listed(log, {}, limit), expected)

    const sinceMs = (await log.get(ids[7]!))!.call.enqueuedAtMs
    for (const limit of [1, 3, 100]) {
      assert.deepEqual(
        new Set(await listed(log, { sinceMs }, limit)),
        new Set(ids.slice(7)),
        'enqueued then or later',
      )
      assert.deepEqual(
        await listed(log, { functionName: 'a' }, limit),
        expected.filter((id) => ids.indexOf(id) % 3 === 0),
      )
      for (const state of ['Enqueued', 'Running', 'Retrying', 'Succeeded', 'Failed', 'Stopped'] as const) {
        const all = await Promise.all(expected.map(async (id) => [id, (await log.get(id))!.state] as const))
        assert.deepEqual(
          await listed(log, { states: [state] }, limit),
          all.filter(([, one]) => one === state).map(([id]) => id),
          state,
        )
      }
    }
    assert.deepEqual(await listed(log, { functionName: 'none' }, 10), [])
    assert.deepEqual(await listed(log, { states: [] }, 10), [])
  })

  check('calls of one moment are all listed once, whatever the page', async ({ log }) => {
    const ids = await Promise.all(
      Array.from({ length: 70 }, (_, n) => appendCall(log, callOf(`f${n % 3}`, { version: (n % 2) + 1 }))),
    )
    for (const limit of [1, 7, 64, 1000]) {
      const found = await listed(log, {}, limit)
      assert.equal(found.length, 70)
      assert.deepEqual(new Set(found), new Set(ids))
    }
  })

  check('a list has each call as get() has it', async ({ log }) => {
    await appendCall(log, callOf('hello'))
    await log.complete((await claimOne(log)).lease, succeeded(log), 1000, [])
    await appendCall(log, callOf('hello'))
    await claimOne(log)
    await appendCall(log, callOf('hello'))
    for (const status of (await log.list({}, null, 10)).calls) {
      assert.deepEqual(await log.get(status.call.id), status)
    }
  })

  check('what ends while pages are read is not passed over for it', async ({ log, passMs }) => {
    const ids: CallId[] = []
    for (let n = 0; n < 10; n++) {
      ids.push(await appendCall(log, callOf('hello')))
      passMs(1)
    }
    for (const { lease } of await claimAll(log)) await log.deadLetter(lease, failed(log), 60_000, [])
    const seen: CallId[] = []
    let cursor: string | null = null
    do {
      const page = await log.list({ states: ['Failed'] }, cursor, 3)
      for (const { call } of page.calls) {
        seen.push(call.id)
        await log.remove(call.id)
      }
      cursor = page.cursor
    } while (cursor !== null)
    assert.deepEqual(new Set(seen), new Set(ids))
  })

  check('a cursor that is none is refused', async ({ log }) => {
    await appendCall(log, callOf('hello'))
    for (const cursor of ['', 'x', '{}', '[1]', '\0', '😀', '-1', 'a'.repeat(10_000)]) {
      await assert.rejects(log.list({}, cursor, 10), { code: 'bad_request' }, JSON.stringify(cursor))
    }
  })

  check('stats() counts what waits and runs, and tells the age of what is due', async (opened) => {
    const { log, passMs } = opened
    assert.deepEqual([log.stats().deadLetters.size, log.stats().failure], [0, null])
    await Promise.all([1, 2, 3].map(() => log.append(callOf('hello'))))
    await appendCall(log, callOf('hello', { delayMs: 10_000 }))
    await appendCall(log, callOf('later', { delayMs: 10_000 }))
    passMs(250)
    const of = (name: string) => {
      const { isPaused, ...depth } = log.stats().depth.get(name)!
      assert.equal(isPaused, false)
      return depth
    }
    assert.deepEqual(of('hello'), { waiting: 4, running: 0, oldestDueMs: 250 })
    assert.deepEqual(of('later'), { waiting: 1, running: 0, oldestDueMs: 0 })
    await claimAll(log)
    assert.deepEqual(of('hello'), { waiting: 1, running: 3, oldestDueMs: 0 })
  })

  check('stats() and holds() are the same after a restart', async (opened) => {
    const versions = [1, 1, 2, '$LATEST', 2, 1] as const
    for (const version of versions) await appendCall(opened.log, callOf('hello', { version }))
    await appendCall(opened.log, callOf('other', { version: 1 }))
    const claimed = await claimAll(opened.log)
    const first = claimed.find(({ call }) => call.functionName === 'hello' && call.version === 1)!
    await opened.log.complete(first.lease, succeeded(opened.log), 1000, [])
    const look = async (log: RetryLog) => [
      await log.holds('hello', 1),
      await log.holds('hello', 2),
      await log.holds('hello', '$LATEST'),
      await log.holds('hello', 7),
      await log.holds('hello', null),
      await log.holds('none', null),
    ]
    assert.deepEqual(await look(opened.log), [2, 2, 1, 0, 5, 0])
    const { log } = await opened.reopen()
    assert.deepEqual(await look(log), [2, 2, 1, 0, 5, 0])
    assert.deepEqual(depthOf(log, 'hello'), { waiting: 5, running: 0 })
    assert.deepEqual(depthOf(log, 'other'), { waiting: 1, running: 0 })
  })
}
