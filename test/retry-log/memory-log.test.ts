import { retryLogContract } from './contract.ts'
import type { OpenedLog } from './log-scene.ts'
import { MemoryDisk, MemoryLog } from './memory-log.ts'

retryLogContract('in memory', async () => {
  const disk = new MemoryDisk()
  let nowMs = 1_800_000_000_000
  const open = (): OpenedLog => ({
    log: new MemoryLog(() => nowMs, disk),
    passMs: (ms) => {
      nowMs += ms
    },
    reopen: async () => open(),
  })
  return open()
})
