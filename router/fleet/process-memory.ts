import { readFileSync } from 'node:fs'

/** Linux on x86-64 and almost every arm64; where pages are larger, use is reported too low, never too high. */
const pageBytes = 4096

/**
 * Memory in use by a process that is nobody else's, in MiB; null where it cannot be known (no Linux, process gone).
 *
 * Not the resident size: to that count the pages of the memory-mapped registry, which grow with it, belong to all
 * processes, and cost nothing that the system cannot take back.
 */
export function privateMemoryMiB(pid: number): number | null {
  try {
    const [, resident, shared] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ').map(Number)
    return ((resident! - shared!) * pageBytes) / 1024 ** 2
  } catch {
    return null
  }
}

/** How many processes the kernel has killed for want of memory since the machine began; null where it is not told. */
export function outOfMemoryKills(): number | null {
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1]
    return count === undefined ? null : Number(count)
  } catch {
    return null
  }
}
