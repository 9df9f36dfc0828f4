import type { OpenedLog } from './log-scene.ts'
import { MemoryDisk, MemoryLog } from './memory-log.ts'

/** The log in memory, on a clock that stands still unless the test lets time pass. */
export function openMemoryLog(): OpenedLog {
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
}
