import { Cron } from 'croner'
import { LRUCache } from 'lru-cache'

/** By line and time zone. The package's objects take 80 KB each, and a tenth of a millisecond to make: not one for each trigger. */
const crons = new LRUCache<string, Cron>({ max: 200 })

function cronOf(line: string, timezone: string): Cron {
  const key = `${timezone}\n${line}`
  let cron = crons.get(key)
  if (cron === undefined) {
    cron = new Cron(line, { timezone, paused: true, mode: '5-or-6-parts' })
    crons.set(key, cron)
  }
  return cron
}

/** A line of five or six fields (with seconds first) as cron has them, in a time zone. */
export class CronLine {
  readonly #line: string
  readonly #timezone: string

  /** @throws Error unless `isCronLine(line)` and `isTimeZone(timezone)` */
  constructor(line: string, timezone: string) {
    cronOf(line, timezone)
    this.#line = line
    this.#timezone = timezone
  }

  /** The latest time it names up to and with `nowMs`, in milliseconds since 1970; null if there was none. */
  lastUntil(nowMs: number): number | null {
    // What the package calls previous is before, and never at.
    return (
      cronOf(this.#line, this.#timezone)
        .previousRuns(1, new Date(nowMs + 1))[0]
        ?.getTime() ?? null
    )
  }

  /** The first time it names after `nowMs`; null if there is none. */
  nextAfter(nowMs: number): number | null {
    return cronOf(this.#line, this.#timezone).nextRun(new Date(nowMs))?.getTime() ?? null
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
