import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { openCallAppender } from '../../runtime/retry-log/call-appender.ts'
import type { EmbeddedRetryLog } from '../../runtime/retry-log/embedded-retry-log.ts'
import { logFile, openLogFile } from '../../runtime/retry-log/log-file.ts'
import { openRetryLog, type RetryLogOptions } from '../../runtime/retry-log/open-retry-log.ts'
import { temporaryFolder } from '../registry/temporary-registry.ts'
import { any, callOf, claimAll, depthOf, failed, stateOf, succeeded } from './log-scene.ts'

const timeout = 20_000

async function openIn(t: TestContext, options: RetryLogOptions): Promise<EmbeddedRetryLog> {
  const log = await openRetryLog(options)
  t.after(() => log.close())
  return log
}

/** Two calls of one turn, which lie in one segment and both run. */
async function runTwo(log: EmbeddedRetryLog) {
  await Promise.all([log.append(callOf('hello')), log.append(callOf('hello'))])
  const [first, second] = await claimAll(log)
  assert.ok(first && second)
  return [first, second] as const
}

function countRows(dataDir: string): Record<string, number> {
  const { root, tables } = openLogFile(dataDir)
  const counts = Object.entries(tables).map(([name, table]) => [name, table.getCount()] as const)
  void root.close()
  return Object.fromEntries(counts.filter(([name, count]) => count > 0 && name !== 'meta'))
}

test('a log is one file, for its owner only', async (t) => {
  const dataDir = temporaryFolder(t)
  await openIn(t, { dataDir })
  assert.deepEqual(readdirSync(dataDir), ['retry-log.mdb', 'retry-log.mdb-lock'])
  assert.equal(statSync(logFile(dataDir)).mode & 0o777, 0o600)
})

test('a call that has ended is known until the calls it came with have, and does not come back', {
  timeout,
}, async (t) => {
  const dataDir = temporaryFolder(t)
  const log = await openIn(t, { dataDir })
  const [first, second] = await runTwo(log)
  await log.complete(first.lease, succeeded(log), 0, [])
  assert.equal(await log.sweep(), 0)
  assert.equal(await stateOf(log, first.call.id), 'Succeeded')
  await log.close()
  const again = await openIn(t, { dataDir })
  const claimed = await claimAll(again)
  assert.deepEqual(
    claimed.map(({ call }) => call.id),
    [second.call.id],
  )
  await again.complete(claimed[0]!.lease, succeeded(again), 0, [])
  assert.equal(await again.sweep(), 2)
  await again.close()
  assert.deepEqual(countRows(dataDir), {})
})

test('a call that was removed does not come back from the segment it came in', { timeout }, async (t) => {
  const dataDir = temporaryFolder(t)
  const log = await openIn(t, { dataDir })
  const [first, second] = await runTwo(log)
  await log.deadLetter(first.lease, failed(log), 60_000, [])
  await log.remove(first.call.id)
  assert.equal(await log.get(first.call.id), null)
  await log.sweep()
  await log.close()
  const again = await openIn(t, { dataDir })
  assert.equal(await again.get(first.call.id), null)
  const claimed = await claimAll(again)
  assert.deepEqual(
    claimed.map(({ call }) => call.id),
    [second.call.id],
  )
  await again.complete(claimed[0]!.lease, succeeded(again), 0, [])
  await again.sweep()
  await again.close()
  // The block that the removed call was in is gone, and its row of `expiry` goes with the time it was to be kept for.
  assert.deepEqual(countRows(dataDir), { expiry: 1 })
})

test('large calls are claimed a few at a time, those of other functions with them', {
  timeout,
}, async (t) => {
  const log = await openIn(t, { dataDir: temporaryFolder(t) })
  const json = JSON.stringify('x'.repeat(1_000_000))
  const large = callOf('large', { event: { kind: 'direct', json } })
  await Promise.all([...Array.from({ length: 20 }, () => log.append(large)), log.append(callOf('small'))])
  const claims = [await claimAll(log), await claimAll(log), await claimAll(log), await claimAll(log)]
  assert.deepEqual(
    claims.map((calls) => calls.filter(({ call }) => call.functionName === 'large').length),
    [8, 8, 4, 0],
  )
  assert.equal(claims[0]!.length, 9)
})

test('a page of a function that has little does not wait for all that others have', {
  timeout,
}, async (t) => {
  let passedMs = 0
  const clocks = { wallMs: () => 1_800_000_000_000 + passedMs, monotonicMs: () => passedMs }
  const log = await openIn(t, { dataDir: temporaryFolder(t), ...clocks, bootId: null })
  await Promise.all([log.append(callOf('few')), log.append(callOf('many'))])
  for (let n = 0; n < 1100; n++) {
    passedMs++
    await log.append(callOf('many'))
  }
  passedMs++
  await Promise.all([log.append(callOf('few')), log.append(callOf('many'))])
  const claimed = await claimAll(log, 60_000, 2000)
  await Promise.all(claimed.map(({ lease }) => log.deadLetter(lease, failed(log), 60_000, [])))
  for (const states of [['Failed', 'Stopped'], ['Failed']] as const) {
    const found: string[] = []
    let pages = 0
    for (let cursor: string | null = null; pages === 0 || cursor !== null; pages++) {
      const page = await log.list({ functionName: 'few', states }, cursor, 10)
      found.push(...page.calls.map(({ call }) => call.id))
      cursor = page.cursor
    }
    assert.deepEqual([found.length, new Set(found).size, pages], [2, 2, 2], states.join())
  }
})

test('calls that were moved leave the others of their segment to be claimed', { timeout }, async (t) => {
  const dataDir = temporaryFolder(t)
  const log = await openIn(t, { dataDir })
  const [first, second] = await runTwo(log)
  await log.reschedule(first.lease, log.nowMs(), { attempts: 1, setbacks: 0, history: [] })
  await log.close()
  const again = await openIn(t, { dataDir })
  const attempts = new Map((await claimAll(again)).map(({ call, progress }) => [call.id, progress.attempts]))
  assert.deepEqual(
    attempts,
    new Map([
      [second.call.id, 0],
      [first.call.id, 1],
    ]),
  )
})

test('what another process appends is found when it tells, also if it is older than what was claimed', {
  timeout,
}, async (t) => {
  const dataDir = temporaryFolder(t)
  const log = await openIn(t, { dataDir })
  await log.append(callOf('hello'))
  assert.equal((await claimAll(log)).length, 1)
  const slow = openCallAppender({ dataDir, offsetMs: log.clockOffsetMs - 1000 })
  t.after(() => slow.close())
  const appended = await slow.append(callOf('hello'))
  assert.ok(appended.kind === 'appended')
  assert.equal(await stateOf(log, appended.id), 'Enqueued')
  assert.equal((await slow.get(appended.id))?.state, 'Enqueued')
  log.noteAppended('hello', 1, appended.enqueuedAtMs)
  assert.equal(log.nextDueMs(any), appended.enqueuedAtMs)
  assert.deepEqual(depthOf(log, 'hello'), { waiting: 1, running: 1 })
  const [claimed] = await claimAll(log)
  assert.equal(claimed?.call.id, appended.id)
  assert.equal((await slow.get(appended.id))?.state, 'Running')
})

for (const look of ['workerDied', 'sweep'] as const) {
  test(`what a process appended and did not tell is found by ${look}()`, { timeout }, async (t) => {
    const dataDir = temporaryFolder(t)
    const log = await openIn(t, { dataDir })
    const silent = openCallAppender({ dataDir, offsetMs: log.clockOffsetMs })
    t.after(() => silent.close())
    await silent.append(callOf('hello'))
    assert.equal(log.nextDueMs(any), null)
    await log[look]()
    assert.deepEqual(depthOf(log, 'hello'), { waiting: 1, running: 0 })
    assert.equal((await claimAll(log)).length, 1)
  })
}

test('the counts of a process that is dead are taken over once', { timeout }, async (t) => {
  const dataDir = temporaryFolder(t)
  const { root, tables } = await emptyLog(dataDir)
  root.transactionSync(() => {
    tables.counts.putSync(['hello', '3', '4000001-a-1'], 5)
    tables.counts.putSync(['hello', '3', '4000002-b-1'], 7)
  })
  await root.close()
  const log = await openIn(t, { dataDir, isAlive: (pid) => pid === 4_000_002 })
  assert.equal(await log.holds('hello', 3), 12)
  await log.workerDied()
  assert.equal(await log.holds('hello', 3), 12)
  await log.close()
  assert.deepEqual(countRows(dataDir), { counts: 2 })
})

async function emptyLog(dataDir: string) {
  const log = await openRetryLog({ dataDir })
  await log.close()
  return openLogFile(dataDir)
}
