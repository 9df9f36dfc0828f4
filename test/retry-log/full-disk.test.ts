import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CallId } from '../../runtime/model/call.ts'
import { openRetryLog } from '../../runtime/retry-log/open-retry-log.ts'
import { temporaryFolder } from '../registry/temporary-registry.ts'
import { appendCall, callOf, claimAll, claimOne, stateOf, succeeded } from './log-scene.ts'

test('a full disk refuses calls, keeps what was accepted, and takes calls again when there is space', {
  timeout: 30_000,
}, async (t) => {
  const dataDir = temporaryFolder(t)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'isolette-test', dataDir]).status !== 0) {
    return t.skip('may not mount a file system')
  }
  try {
    await fillDisk(dataDir)
  } finally {
    spawnSync('umount', [dataDir])
  }
})

async function fillDisk(dataDir: string): Promise<void> {
  const filler = join(dataDir, 'filler')
  writeFileSync(filler, Buffer.alloc(2_000_000))
  await using opened = new AsyncDisposableStack()
  const log = opened.adopt(await openRetryLog({ dataDir }), (one) => one.close())
  const event = { kind: 'direct', json: JSON.stringify('x'.repeat(20_000)) } as const
  const call = callOf('hello', { event })
  const running = await appendCall(log, callOf('hello'))
  const { lease } = await claimOne(log)

  const accepted: CallId[] = []
  const refusals: { code?: string; message: string }[] = []
  for (let round = 0; round < 100 && refusals.length === 0; round++) {
    await Promise.all(
      [1, 2, 3].map(() =>
        log.append(call).then(
          ({ id }) => accepted.push(id),
          (error) => refusals.push(error),
        ),
      ),
    )
  }
  assert.ok(accepted.length > 0)
  const [refusal] = refusals
  assert.equal(refusal?.code, 'retry_log_unavailable')
  assert.ok(refusal.message.includes(`no space is left for ${dataDir}`), refusal.message)
  assert.ok(log.stats().failure?.includes('no space is left'))
  for (const id of accepted) assert.equal(await stateOf(log, id), 'Enqueued')
  assert.equal(await log.holds('hello', null), accepted.length + 1)
  // It may be too little to be refused.
  await claimAll(log).catch(() => [])

  rmSync(filler)
  const last = await appendCall(log, call)
  assert.equal(log.stats().failure, null)
  assert.equal(await log.complete(lease, succeeded(log), 60_000, []), true, 'leases outlive it')
  assert.equal(await stateOf(log, running), 'Succeeded')
  await log.close()

  const reopened = opened.adopt(await openRetryLog({ dataDir }), (one) => one.close())
  const claimed = await claimAll(reopened)
  assert.deepEqual(new Set(claimed.map((one) => one.call.id)), new Set([...accepted, last]))
}
