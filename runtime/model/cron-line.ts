import { Cron } from 'croner'

/** A line of five or six fields (with seconds first) as cron has them, in a time zone. */
export class CronLine {
  readonly #cron: Cron

  /** @throws Error unless `isCronLine(line)` and `isTimeZone(timezone)` */
  constructor(line: string, timezone: string) {
    this.#cron = new Cron(line, { timezone, paused: true, mode: '5-or-6-parts' })
  }

  /** The latest time it names up to and with `nowMs`, in milliseconds since 1970; null if there was none. */
  lastUntil(nowMs: number): number | null {
    // What the package calls previous is before, and never at.
    return this.#cron.previousRuns(1, new Date(nowMs + 1))[0]?.getTime() ?? null
  }

  /** The first time it names after `nowMs`; null if there is none. */
  nextAfter(nowMs: number): number | null {
    return this.#cron.nextRun(new Date(nowMs))?.getTime() ?? null
  }
}

/** What a line must be, to follow the words "must be". */
export const cronLineForm =
  'five or six fields of cron, such as "0 8 * * MON-FRI", that name a time that comes'

/** Whether it is a line that names any time; the 30th of February is none. */
export function isCronLine(line: string): boolean {
  // The package also takes words such as @daily, and dates.
  if (![5, 6].includes(line.trim().split(/\s+/).length)) return false
  try {
    return new CronLine(line, 'UTC').nextAfter(0) !== null
  } catch {
    return false
  }
}

/** Whether it is a name of a time zone that this machine knows. */
export function isTimeZone(name: string): boolean {
  // Offsets such as +01:00 are taken as well where names are expected.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
