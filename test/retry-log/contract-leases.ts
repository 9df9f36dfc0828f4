import assert from 'node:assert/strict'
import {
  any,
  appendCall,
  attempt,
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

/** What `RetryLog` promises of claims and leases. */
export function leaseContract(check: LogTest): void {
  check(
    'a claim takes the oldest of a function first, and no more than asked for',
    async ({ log, passMs }) => {
      const ids: string[] = []
      for (let n = 0; n < 5; n++) {
        ids.push(await appendCall(log, callOf('hello')))
        passMs(1)
      }
      const taken = [await claimAll(log, 1000, 2), await claimAll(log, 1000, 2), await claimAll(log, 1000, 2)]
      assert.deepEqual(
        taken.map((claimed) => claimed.map(({ call }) => call.id)),
        [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)],
      )
      assert.deepEqual(await claimAll(log), [])
    },
  )

  check('one call in a crowd of another function has its turn', async ({ log, passMs }) => {
    await Promise.all(Array.from({ length: 200 }, () => log.append(callOf('crowd'))))
    passMs(10)
    const id = await appendCall(log, callOf('lonely'))
    const claimed = [...(await claimAll(log, 1000, 64)), ...(await claimAll(log, 1000, 64))]
    assert.ok(claimed.some(({ call }) => call.id === id))
  })

  check('only calls of functions that are wanted are claimed, and asked for before each', async ({ log }) => {
    await Promise.all(['a', 'a', 'a', 'b'].map((name) => log.append(callOf(name))))
    let left = 2
    const claimed = await log.claim(
      10,
      () => 1000,
      (name) => name === 'a' && left-- > 0,
    )
    assert.deepEqual(
      claimed.map(({ call }) => call.functionName),
      ['a', 'a'],
    )
    assert.equal(
      log.nextDueMs((name) => name === 'c'),
      null,
    )
    assert.notEqual(
      log.nextDueMs((name) => name === 'b'),
      null,
    )
  })

  check('a claimed call runs, and is not claimed twice', async ({ log }) => {
    const id = await appendCall(log, callOf('hello'))
    const { call, progress, lease } = await claimOne(log)
    assert.deepEqual([call.id, progress.attempts, lease.callId], [id, 0, id])
    const { state, dueAtMs, call: kept } = await statusOf(log, id)
    assert.deepEqual([state, dueAtMs], ['Running', null])
    assert.deepEqual(kept, call)
    assert.deepEqual(await claimAll(log), [])
    assert.deepEqual(depthOf(log, 'hello'), { waiting: 0, running: 1 })
  })

  check('claims that are made at once share no call', async ({ log }) => {
    await Promise.all(Array.from({ length: 100 }, () => log.append(callOf('hello'))))
    const claims = await Promise.all([1, 2, 3, 4].map(() => claimAll(log, 1000, 30)))
    const ids = claims.flat().map(({ call }) => call.id)
    assert.deepEqual([ids.length, new Set(ids).size], [100, 100])
  })

  check('leases last as long as their function asks for', async ({ log, passMs }) => {
    await Promise.all(['short', 'long'].map((name) => log.append(callOf(name))))
    await log.claim(10, (name) => (name === 'short' ? 100 : 200), any)
    passMs(99)
    assert.deepEqual(await claimAll(log), [])
    passMs(1)
    assert.equal((await claimOne(log)).call.functionName, 'short')
    passMs(100)
    assert.equal(
      (await claimAll(log)).some(({ call }) => call.functionName === 'long'),
      true,
    )
  })

  check('a call whose lease ended is claimed again as if it had not run', async ({ log, passMs }) => {
    const id = await appendCall(log, callOf('hello'))
    const before = await statusOf(log, id)
    const first = await claimOne(log, 1000)
    passMs(1000)
    assert.deepEqual(await log.get(id), before)
    assert.deepEqual(depthOf(log, 'hello'), { waiting: 1, running: 0 })
    const second = await claimOne(log, 1000)
    assert.deepEqual([second.call, second.progress], [first.call, first.progress])
    assert.notEqual(second.lease.token, first.lease.token)
  })

  check('who lost the lease has no say any more, who has it has', async ({ log, passMs }) => {
    const id = await appendCall(log, callOf('hello'))
    const lost = (await claimOne(log, 1000)).lease
    passMs(1000)
    const refusals = async () => [
      await log.extend(lost, 1000),
      await log.complete(lost, succeeded(log), 1000, [callOf('follow')]),
      await log.deadLetter(lost, failed(log), 1000, [callOf('follow')]),
      await log.reschedule(lost, log.nowMs(), progressOf(1)),
    ]
    const none = [false, false, false, false]
    assert.deepEqual(await refusals(), none, 'after its end')
    const { lease } = await claimOne(log, 1000)
    assert.deepEqual(await refusals(), none, 'after another claim')
    assert.equal(await stateOf(log, id), 'Running')
    assert.equal(await log.complete(lease, succeeded(log), 1000, []), true)
    assert.deepEqual(await refusals(), none, 'after the end of the call')
    assert.equal(await log.complete(lease, failed(log), 1000, []), false, 'twice')
    assert.equal(await stateOf(log, id), 'Succeeded')
    assert.deepEqual(depthOf(log, 'follow'), { waiting: 0, running: 0 })
  })

  check('what is said twice at once counts once', async ({ log }) => {
    await appendCall(log, callOf('hello'))
    const { lease } = await claimOne(log)
    const said = await Promise.all([
      log.complete(lease, succeeded(log), 1000, [callOf('follow')]),
      log.deadLetter(lease, failed(log), 1000, [callOf('follow')]),
      log.reschedule(lease, log.nowMs(), progressOf(1)),
    ])
    assert.deepEqual(said, [true, false, false])
    assert.deepEqual(depthOf(log, 'follow'), { waiting: 1, running: 0 })
  })

  check('a lease that is made up is none', async ({ log }) => {
    const id = await appendCall(log, callOf('hello'))
    const { lease } = await claimOne(log)
    for (const wrong of [
      { callId: id, token: '' },
      { callId: id, token: `${lease.token}0` },
      { callId: '0'.repeat(32), token: lease.token },
    ]) {
      assert.equal(await log.complete(wrong, succeeded(log), 1000, []), false)
    }
  })

  check('an extended lease lasts from now on', async ({ log, passMs }) => {
    const id = await appendCall(log, callOf('hello'))
    const { lease } = await claimOne(log, 1000)
    passMs(900)
    assert.equal(await log.extend(lease, 1000), true)
    passMs(999)
    assert.deepEqual(await claimAll(log), [])
    assert.equal(await stateOf(log, id), 'Running')
    passMs(1)
    assert.equal((await claimOne(log)).call.id, id)
  })

  check('a rescheduled call waits until it is due, with its progress', async ({ log, passMs }) => {
    const id = await appendCall(log, callOf('hello'))
    const progress = { attempts: 1, setbacks: 2, history: [attempt(1), attempt(2, { counts: false })] }
    const dueAtMs = log.nowMs() + 60_000
    assert.equal(await log.reschedule((await claimOne(log)).lease, dueAtMs, progress), true)
    const status = await statusOf(log, id)
    assert.deepEqual([status.state, status.dueAtMs, status.progress], ['Retrying', dueAtMs, progress])
    assert.deepEqual(depthOf(log, 'hello'), { waiting: 1, running: 0 })
    assert.equal(log.nextDueMs(any), dueAtMs)
    passMs(59_999)
    assert.deepEqual(await claimAll(log), [])
    passMs(1)
    const again = await claimOne(log)
    assert.deepEqual([again.call, again.progress], [status.call, progress])
  })

  check('a call that was only put off waits for its first attempt', async ({ log }) => {
    const id = await appendCall(log, callOf('hello'))
    const progress = { attempts: 0, setbacks: 1, history: [attempt(1, { counts: false })] }
    await log.reschedule((await claimOne(log)).lease, log.nowMs() + 1000, progress)
    assert.equal(await stateOf(log, id), 'Enqueued')
  })

  check('whoever listens is told of a call that can be claimed again', async ({ log }) => {
    await appendCall(log, callOf('hello'))
    const { lease } = await claimOne(log)
    let told = 0
    log.onAppended(() => told++)
    await log.reschedule(lease, log.nowMs(), progressOf(1))
    assert.ok(told > 0)
  })

  check('a start frees what ran, without an attempt, and takes old leases for lost', async (opened) => {
    const ids = await Promise.all(['a', 'a', 'b'].map((name) => appendCall(opened.log, callOf(name))))
    const [old] = await claimAll(opened.log)
    const { log } = await opened.reopen()
    for (const id of ids) assert.equal(await stateOf(log, id), 'Enqueued')
    assert.equal(await log.complete(old!.lease, succeeded(log), 1000, []), false)
    const again = await claimAll(log)
    assert.deepEqual(new Set(again.map(({ call }) => call.id)), new Set(ids))
    assert.ok(again.every(({ progress }) => progress.attempts === 0))
    const tokens = new Set(again.map(({ lease }) => lease.token))
    assert.ok(tokens.size === 3 && !tokens.has(old!.lease.token))
    assert.equal(await log.complete(old!.lease, succeeded(log), 1000, []), false)
  })

  check(
    'each attempt that a start cut stands in the history once, waiting, running and ended',
    async (opened) => {
      const [id, other] = await Promise.all(
        ['hello', 'hello'].map((name) => appendCall(opened.log, callOf(name))),
      )
      const before = { attempts: 1, setbacks: 0, history: [attempt(1)] }
      await opened.log.reschedule((await claimOne(opened.log)).lease, opened.log.nowMs(), before)
      const startsMs: number[] = []
      let { log } = opened
      for (let start = 0; start < 3; start++) {
        startsMs.push(log.nowMs())
        assert.equal((await claimAll(log)).length, 2)
        opened.passMs(10)
        opened = await opened.reopen()
        log = opened.log
      }
      const cuts = (number: number) =>
        startsMs.map((startedAtMs) => ({
          ...{ number, counts: false, startedAtMs, outcome: 'interrupted', durationMs: 0 },
          message: 'The supervisor ended before it was told how this ended',
        }))
      const told = async () =>
        Promise.all(
          [id!, other!].map(async (one) => {
            const { progress } = await statusOf(log, one)
            const { history } = progress
            const [listed] = (await log.list({}, null, 10)).calls.filter(({ call }) => call.id === one)
            assert.deepEqual(listed!.progress, progress)
            return history.map(({ number, counts, startedAtMs, outcome, durationMs, message }) => ({
              ...{ number, counts, startedAtMs, outcome, durationMs, message },
            }))
          }),
        )
      const { number, counts, startedAtMs, outcome, durationMs, message } = attempt(1)
      const first = { number, counts, startedAtMs, outcome, durationMs, message }
      const expected = new Set([[first, ...cuts(2)], cuts(1)].map((one) => JSON.stringify(one)))
      const check = async (when: string) =>
        assert.deepEqual(
          new Set((await told()).map((one) => JSON.stringify(one))),
          new Set([...expected]),
          when,
        )
      await check('waiting')
      const claimed = await claimAll(log)
      await check('running')
      for (const { lease, progress } of claimed) {
        assert.equal(progress.history.filter((one) => one.outcome === 'interrupted').length, 3)
        await log.complete(lease, succeeded(log, { progress }), 60_000, [])
      }
      await check('ended')
      opened = await opened.reopen()
      log = opened.log
      await check('after another start')
    },
  )

  check('a call that was told to end stays so over a start and the end of its lease', async (opened) => {
    const ids = await Promise.all(['a', 'a', 'a'].map((name) => appendCall(opened.log, callOf(name))))
    const [first] = await claimAll(opened.log, 1000)
    const id = first!.call.id
    assert.equal(first!.isStopping, false)
    assert.equal(await opened.log.stop(id, 1000, []), 'stopping')
    opened.passMs(1000)
    assert.equal(await stateOf(opened.log, id), 'Stopping')
    const { log } = await opened.reopen()
    assert.equal(await stateOf(log, id), 'Stopping')
    const listed = await log.list({ states: ['Stopping'] }, null, 10)
    assert.deepEqual(
      listed.calls.map(({ call }) => call.id),
      [id],
    )
    const again = await claimAll(log)
    assert.deepEqual(
      new Map(again.map(({ call, isStopping }) => [call.id, isStopping])),
      new Map(ids.map((one) => [one, one === id])),
    )
    const { lease, progress } = again.find(({ call }) => call.id === id)!
    await log.reschedule(lease, log.nowMs(), progress)
    assert.equal(await stateOf(log, id), 'Enqueued', 'whoever had it has said otherwise')
  })

  check(
    'a waiting call that was told to end before a start ends at once when it is told again',
    async (opened) => {
      const id = await appendCall(opened.log, callOf('a'))
      await claimOne(opened.log)
      assert.equal(await opened.log.stop(id, 1000, []), 'stopping')
      const { log } = await opened.reopen()
      assert.equal(await log.stop(id, 1000, []), 'stopped')
      assert.equal((await statusOf(log, id)).progress.history.length, 1)
    },
  )

  check('nextDueMs() tells when there is something to claim', async ({ log, passMs }) => {
    assert.equal(log.nextDueMs(any), null)
    await appendCall(log, callOf('late', { delayMs: 500 }))
    await appendCall(log, callOf('soon', { delayMs: 100 }))
    const nowMs = log.nowMs()
    assert.deepEqual(
      [log.nextDueMs(any), log.nextDueMs((name) => name === 'late')],
      [nowMs + 100, nowMs + 500],
    )
    passMs(100)
    assert.ok(log.nextDueMs(any)! <= log.nowMs())
    await claimOne(log)
    assert.equal(
      log.nextDueMs((name) => name === 'late'),
      nowMs + 500,
    )
  })

  check('calls of a paused function wait, over a restart too, until it is resumed', async (opened) => {
    const running = await appendCall(opened.log, callOf('hello'))
    const { lease } = await claimOne(opened.log)
    await opened.log.pause('hello')
    await opened.log.pause('hello')
    const id = await appendCall(opened.log, callOf('hello'))
    assert.deepEqual(await claimAll(opened.log), [])
    assert.equal(opened.log.nextDueMs(any), null)
    assert.equal(opened.log.stats().depth.get('hello')?.isPaused, true)
    assert.equal(await opened.log.complete(lease, succeeded(opened.log), 1000, []), true, 'what runs goes on')
    assert.equal(await stateOf(opened.log, running), 'Succeeded')

    const { log } = await opened.reopen()
    assert.deepEqual(await claimAll(log), [])
    assert.equal(await stateOf(log, id), 'Enqueued')
    let told = 0
    log.onAppended(() => told++)
    await log.resume('hello')
    await log.resume('never paused')
    assert.ok(told > 0)
    assert.notEqual(log.stats().depth.get('hello')?.isPaused, true)
    assert.equal((await claimOne(log)).call.id, id)
  })
}
