import assert from 'node:assert/strict'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { logFile, logFormat } from '../../runtime/retry-log/log-file.ts'
import { openLogStore } from '../../runtime/retry-log/log-tables.ts'
import { openRetryLog } from '../../runtime/retry-log/open-retry-log.ts'
import { temporaryFolder } from '../registry/temporary-registry.ts'
import { appendCall, callOf } from './log-scene.ts'

/** A data directory whose log has calls, and the log's file. */
async function writtenLog(t: TestContext) {
  const dataDir = temporaryFolder(t)
  const log = await openRetryLog({ dataDir })
  const event = { kind: 'direct', json: JSON.stringify('x'.repeat(2000)) } as const
  for (let n = 0; n < 20; n++) await appendCall(log, callOf('hello', { event }))
  await log.close()
  return { dataDir, file: logFile(dataDir) }
}

const damages: Readonly<Record<string, (file: string) => void>> = {
  empty: (file) => truncateSync(file, 0),
  'of something else': (file) => writeFileSync(file, 'SQLite format 3\0'.repeat(2000)),
  'of zeros': (file) => writeFileSync(file, Buffer.alloc(100_000)),
  'cut within its header': (file) => truncateSync(file, 1000),
  'cut within its calls': (file) => truncateSync(file, Math.floor(readFileSync(file).length / 8192) * 4096),
}

for (const [kind, damage] of Object.entries(damages)) {
  test(`a file that is ${kind} is refused by its name, and left as it is`, { timeout: 20_000 }, async (t) => {
    const { dataDir, file } = await writtenLog(t)
    damage(file)
    const bytes = readFileSync(file)
    await assert.rejects(openRetryLog({ dataDir }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'data_damaged')
      return error.message.includes(file)
    })
    assert.deepEqual(readFileSync(file), bytes)
  })
}

test('a file of a later release is refused by its name and format', { timeout: 20_000 }, async (t) => {
  const { dataDir, file } = await writtenLog(t)
  const { root, tables } = openLogStore(file, 'as-tables')
  root.transactionSync(() => tables.meta.putSync('format', logFormat + 1))
  await root.close()
  await assert.rejects(openRetryLog({ dataDir }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'data_format')
    return error.message.includes(file)
  })
})

test('a store of LMDB that is no log is refused by its name', { timeout: 20_000 }, async (t) => {
  const { dataDir, file } = await writtenLog(t)
  const { root, tables } = openLogStore(file, 'as-tables')
  root.transactionSync(() => tables.meta.removeSync('format'))
  await root.close()
  await assert.rejects(openRetryLog({ dataDir }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'data_damaged')
    return error.message.includes(file)
  })
})
