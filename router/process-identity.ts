/**
 * Which process a number means. Process numbers are used again, so a process is known by its number and the moment
 * it began; on Linux together with the machine's boot, for that moment is counted from there.
 */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** Opaque: to be compared only. */
  readonly startedAt: string
}

/** The process that has this number now; null if there is none, or only a zombie that nobody has reaped yet. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const startedAt = process.platform === 'linux' ? startedAtOnLinux(pid) : startedAtElsewhere(pid)
  return startedAt === null ? null : { pid, startedAt }
}

/** Whether that very process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt
}

/** Reads an identity from what `JSON.parse` gave; null if it is none. */
export function readIdentity(value: unknown): ProcessIdentity | null {
  if (typeof value !== 'object' || value === null) return null
  const { pid, startedAt } = value as Partial<Record<keyof ProcessIdentity, unknown>>
  // A pid of 0 or below would mean a whole group of processes to kill().
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0 || typeof startedAt !== 'string')
    return null
  return { pid, startedAt }
}

let bootId: string | null = null

function startedAtOnLinux(pid: number): string | null {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The second field is the program's name in parentheses and may hold anything, so fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, startTicks] = [fields[0], fields[19]]
  if (state === 'Z' || state === 'X' || startTicks === undefined) return null
  bootId ??= readText('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
  return `${bootId} ${startTicks}`
}

function startedAtElsewhere(pid: number): string | null {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    const [state = 'Z', ...started] = text.split(/\s+/)
    return state.startsWith('Z') ? null : started.join(' ')
  } catch {
    // ps ends with 1 if there is no such process.
    return null
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
