import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openRetryLog } from '../../runtime/retry-log/open-retry-log.ts'

test('a failure that another process met stands until this one can write, which it tries by itself', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'isolette-log-'))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  const log = await openRetryLog({ dataDir })
  t.after(() => log.close())
  t.mock.timers.enable({ apis: ['setTimeout'] })
  log.noteFailure('no space left')
  assert.equal(log.stats().failure, 'no space left')
  t.mock.timers.tick(1000)
  const untilMs = performance.now() + 5000
  while (log.stats().failure !== null && performance.now() < untilMs) await new Promise(setImmediate)
  assert.equal(log.stats().failure, null)
})
