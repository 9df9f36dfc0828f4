import { readFileSync } from 'node:fs'

/**
 * The log's time: milliseconds since 1970 as they were when the log was first opened since the machine booted, counted on by
 * the machine's monotonic clock. A wall clock that is set changes nothing until the next boot, and then only forwards, unless
 * a start finds it more than `maxDriftMs` away. A machine that sleeps stops log time; it is behind by as much until then.
 */
export interface LogClock {
  /** Whole milliseconds; never less than before, in any process or start of the log. */
  nowMs(): number
  /** To be given to other processes of the machine, whose log clocks then tell the same time. */
  readonly offsetMs: number
}

/** A clock of the machine, not of the process: the same in all of its processes, from an unknown beginning. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/** Which boot of the machine this is, for `monotonicMs` begins anew with each; null where nobody tells. */
export function machineBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return null
  }
}

/** What a start leaves to the next: log time is the monotonic clock's plus `offsetMs` as long as the boot is the same. */
export interface ClockAnchor {
  readonly bootId: string
  readonly offsetMs: number
}

/**
 * By so much log time and the wall clock may differ over a start. A clock that somebody set wrong, or right, is within it; one
 * that was not set at all when the log was opened first would otherwise count until the next boot.
 */
const maxDriftMs = 24 * 3_600_000

/**
 * The clock of the process that opens the log.
 *
 * @param newestMs the newest log time that is on disk; 0 = none
 * @param bootId see `machineBootId`
 * @param anchor that the last start left; null = none
 */
export function startLogClock(clocks: {
  readonly monotonicMs: () => number
  readonly wallMs: () => number
  readonly newestMs: number
  readonly bootId: string | null
  readonly anchor: ClockAnchor | null
}): LogClock {
  const { newestMs, bootId, anchor } = clocks
  const wallMs = clocks.wallMs()
  const monotonicMs = clocks.monotonicMs()
  const goneOnMs = anchor !== null && anchor.bootId === bootId ? monotonicMs + anchor.offsetMs : wallMs
  const startMs = Math.max(Math.abs(goneOnMs - wallMs) <= maxDriftMs ? goneOnMs : wallMs, newestMs)
  return joinLogClock(startMs - monotonicMs, clocks.monotonicMs)
}

/** The clock of another process of the machine, by the offset of the one that opened the log. */
export function joinLogClock(offsetMs: number, monotonicMs: () => number): LogClock {
  // Up, for a start must not tell the millisecond before the newest one when adding the two loses a fraction.
  return { offsetMs, nowMs: () => Math.ceil(monotonicMs() + offsetMs) }
}
