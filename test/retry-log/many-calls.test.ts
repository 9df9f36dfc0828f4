import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openCallAppender } from '../../runtime/retry-log/call-appender.ts'
import { logFile } from '../../runtime/retry-log/log-file.ts'
import { openRetryLog } from '../../runtime/retry-log/open-retry-log.ts'
import type { NewCall } from '../../runtime/retry-log/retry-log.ts'
import { temporaryFolder } from '../registry/temporary-registry.ts'
import { callOf } from './log-scene.ts'

const MiB = 1024 * 1024
const timeout = 60_000
const skip = existsSync('/proc/self/status') ? false : 'the system does not tell what is mapped'

interface Work {
  readonly waiting: number
  readonly openedMs: number
  readonly grownBytes: number
  readonly left: number
}

async function fill(t: TestContext, count: number, call: NewCall): Promise<string> {
  const dataDir = temporaryFolder(t)
  const log = await openRetryLog({ dataDir })
  await log.close()
  const appender = openCallAppender({ dataDir, offsetMs: log.clockOffsetMs })
  for (let left = count; left > 0; left -= 1000) {
    await Promise.all(Array.from({ length: 1000 }, () => appender.append(call)))
  }
  await appender.close()
  return dataDir
}

function work(dataDir: string, what: 'look' | 'drain'): Work {
  const path = fileURLToPath(new URL('./many-calls-process.ts', import.meta.url))
  const { stdout, stderr, status } = spawnSync(process.execPath, [path, dataDir, what], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as Work
}

test('calls that wait cost the process nothing that opens their log', { timeout, skip }, async (t) => {
  // Delayed: each stands alone, in a row that is small enough to lie among the keys.
  const call = callOf('hello', {
    event: { kind: 'direct', json: JSON.stringify('x'.repeat(1500)) },
    delayMs: 1,
  })
  const dataDir = await fill(t, 20_000, call)
  const fileBytes = statSync(logFile(dataDir)).size
  assert.ok(fileBytes > 30 * MiB)
  const { waiting, openedMs, grownBytes } = work(dataDir, 'look')
  assert.equal(waiting, 20_000)
  assert.ok(grownBytes < 12 * MiB, `${grownBytes} of ${fileBytes} bytes are mapped`)
  assert.ok(openedMs < 3000, `it took ${openedMs} ms`)
})

test('calls that are gone leave the memory of the process that ran them', { timeout, skip }, async (t) => {
  const call = callOf('hello', { event: { kind: 'direct', json: JSON.stringify('x'.repeat(12_000)) } })
  const dataDir = await fill(t, 20_000, call)
  const fileBytes = statSync(logFile(dataDir)).size
  assert.ok(fileBytes > 200 * MiB)
  const { left, grownBytes } = work(dataDir, 'drain')
  assert.equal(left, 0)
  assert.ok(grownBytes < 110 * MiB, `${grownBytes} of ${fileBytes} bytes are mapped`)
})
