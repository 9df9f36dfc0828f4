/**
 * The log's time: milliseconds since 1970 as they were when the log was opened, counted on by the machine's monotonic
 * clock. A wall clock that is set changes nothing until the next start, and then only forwards. A machine that sleeps stops
 * it; it is behind by as much until the next start.
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

/**
 * The clock of the process that opens the log.
 *
 * @param newestMs the newest log time that is on disk; 0 = none
 */
export function startLogClock(clocks: {
  readonly monotonicMs: () => number
  readonly wallMs: () => number
  readonly newestMs: number
}): LogClock {
  const startMs = Math.max(clocks.wallMs(), clocks.newestMs)
  return joinLogClock(startMs - clocks.monotonicMs(), clocks.monotonicMs)
}

/** The clock of another process of the machine, by the offset of the one that opened the log. */
export function joinLogClock(offsetMs: number, monotonicMs: () => number): LogClock {
  // Up, for a start must not tell the millisecond before the newest one when adding the two loses a fraction.
  return { offsetMs, nowMs: () => Math.ceil(monotonicMs() + offsetMs) }
}
