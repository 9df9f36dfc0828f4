import { CronLine } from './cron-line.ts'
import type { PoolSettings } from './function.ts'

/** What is to be kept ready of one function, and until when that holds. */
export interface ProvisionedNow {
  /** Instances over all workers, by qualifier. */
  readonly counts: ReadonlyMap<string, number>
  /** When a line of the schedule changes it, in milliseconds since 1970; null = never. */
  readonly untilMs: number | null
}

interface Line {
  readonly times: CronLine
  readonly provisioned: Readonly<Record<string, number>>
}

/**
 * What `pool.provisioned` and `pool.schedule` say together. For each qualifier the line counts that named a time last, of
 * several at that same time the largest figure; a qualifier of which no line has spoken yet has the figure of
 * `pool.provisioned`. It depends on the clock alone, so that a restart changes nothing.
 */
export class ProvisionSchedule {
  readonly #provisioned: PoolSettings['provisioned']
  readonly #lines: readonly Line[]

  /** @throws Error if a line is none; those of a stored function were checked */
  constructor({ provisioned, schedule }: Pick<PoolSettings, 'provisioned' | 'schedule'>) {
    this.#provisioned = provisioned
    this.#lines = schedule.map((line) => ({
      times: new CronLine(line.cron, line.timezone),
      provisioned: line.provisioned,
    }))
  }

  at(nowMs: number): ProvisionedNow {
    const counts = new Map(Object.entries(this.#provisioned))
    const sinceMs = new Map<string, number>()
    let untilMs = Number.POSITIVE_INFINITY
    for (const { times, provisioned } of this.#lines) {
      untilMs = Math.min(untilMs, times.nextAfter(nowMs) ?? Number.POSITIVE_INFINITY)
      const firedAtMs = times.lastUntil(nowMs)
      if (firedAtMs === null) continue
      for (const [qualifier, count] of Object.entries(provisioned)) {
        const earlierMs = sinceMs.get(qualifier)
        if (earlierMs !== undefined && earlierMs > firedAtMs) continue
        const isTie = earlierMs === firedAtMs
        counts.set(qualifier, isTie ? Math.max(count, counts.get(qualifier)!) : count)
        sinceMs.set(qualifier, firedAtMs)
      }
    }
    return { counts, untilMs: Number.isFinite(untilMs) ? untilMs : null }
  }
}
