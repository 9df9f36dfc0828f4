import type { TestContext } from 'node:test'
import { openRetryLog } from '../../runtime/retry-log/open-retry-log.ts'
import { temporaryFolder } from '../registry/temporary-registry.ts'
import type { OpenedLog } from './log-scene.ts'

/** The embedded log in a folder of its own, on clocks that stand still unless the test lets time pass. */
export async function openTemporaryLog(t: TestContext): Promise<OpenedLog> {
  const dataDir = temporaryFolder(t)
  let passedMs = 0
  const clocks = { wallMs: () => 1_800_000_000_000 + passedMs, monotonicMs: () => 5_000 + passedMs }
  const open = async (): Promise<OpenedLog> => {
    const log = await openRetryLog({ dataDir, ...clocks })
    t.after(() => log.close())
    return {
      log,
      passMs: (ms) => {
        passedMs += ms
      },
      reopen: async () => {
        await log.close()
        return open()
      },
    }
  }
  return open()
}
