import { test } from 'node:test'
import fc from 'fast-check'
import { operations } from './log-operations.ts'
import { openMemoryLog } from './open-memory-log.ts'
import { openTemporaryLog } from './temporary-log.ts'
import { TwoLogs } from './two-logs.ts'

test('whatever is done to them, the log in a file and the one in memory agree, and no call is lost or ends twice', {
  timeout: 60_000,
}, async (t) => {
  await fc.assert(
    fc.asyncProperty(operations, async (sequence) => {
      const opened = [await openTemporaryLog(t), openMemoryLog()] as const
      const logs = new TwoLogs(opened)
      for (const operation of sequence) await logs.apply(operation)
      await logs.close()
    }),
    { numRuns: 20, interruptAfterTimeLimit: 30_000 },
  )
})
