import type { Trigger } from '../model/async-settings.ts'
import { CronLine } from '../model/cron-line.ts'

/** A firing that comes so late is on time: clocks and busy loops are not exact. */
const onTimeMs = 10_000
/** Farther back the clock does not jump but for one that was wrong before: what it had passed is no reason to wait. */
const maxAheadMs = 86_400_000
const firstRetryMs = 1000
const maxRetryMs = 10_000

/** A time that has come. */
export interface DueTime {
  readonly scheduledAtMs: number
  /** The first of those before it that were not fired; null = there are none. */
  readonly missedFromMs: number | null
  /** It was missed for too long itself. */
  readonly isTooLate: boolean
}

/**
 * Which times of a trigger are to be fired when, by the machine's clock. None comes twice, also when the clock is set
 * back; where it jumps ahead, all but the last of those it passed are missed.
 */
export class TriggerTimes {
  readonly #line: CronLine
  /** Up to here everything is dealt with. */
  #untilMs: number
  /** The first time that is not dealt with; infinite = there is none. */
  #nextMs = Number.POSITIVE_INFINITY
  #afterNextMs: number | null = null
  #retryAtMs = 0
  /** Of `#nextMs`, in a row. */
  #failures = 0

  /**
   * @param untilMs up to when everything was dealt with before; now, for one that is new
   * @throws Error if its line is none; those of a stored function were checked
   */
  constructor({ cron, timezone }: Pick<Trigger, 'cron' | 'timezone'>, untilMs: number) {
    this.#line = new CronLine(cron, timezone)
    this.#untilMs = untilMs
    this.#findNext()
  }

  /** When `take` is to be asked next. */
  get dueAtMs(): number {
    return Math.max(this.#nextMs, this.#retryAtMs)
  }

  /** What is due; null = nothing yet. It stays due until `settle`. */
  take(nowMs: number, catchUpMs: number): DueTime | null {
    if (nowMs < this.dueAtMs) return null
    const firstMs = this.#nextMs
    const secondMs = this.#afterNext()
    const isAlone = secondMs > nowMs
    const lastMs = isAlone ? firstMs : Math.max(firstMs, this.#line.lastUntil(nowMs) ?? firstMs)
    const isRetried = isAlone && this.#failures > 0
    return {
      scheduledAtMs: lastMs,
      missedFromMs: lastMs === firstMs ? null : firstMs,
      isTooLate: !isRetried && nowMs - lastMs > Math.max(catchUpMs, onTimeMs),
    }
  }

  /** Everything up to that time is dealt with. */
  settle(scheduledAtMs: number): void {
    const isNext = scheduledAtMs === this.#nextMs
    const nextMs = isNext ? this.#afterNext() : null
    this.#untilMs = scheduledAtMs
    this.#findNext(nextMs)
  }

  /** It could not be dealt with: it is due again in a while, or when the next time has come. */
  postpone(scheduledAtMs: number, nowMs: number): void {
    if (scheduledAtMs !== this.#nextMs) this.#failures = 0
    this.#nextMs = scheduledAtMs
    this.#afterNextMs = null
    const waitMs = Math.min(maxRetryMs, firstRetryMs * 2 ** this.#failures++)
    this.#retryAtMs = Math.min(nowMs + waitMs, this.#after(nowMs))
  }

  /** The clock was set back: nothing that it passes again is fired again, unless it was far ahead by mistake. */
  followBack(nowMs: number): void {
    this.#retryAtMs = 0
    if (this.#untilMs <= nowMs + maxAheadMs) return
    this.#untilMs = nowMs
    this.#findNext()
  }

  /** The time after `#nextMs`; computed once, for it takes as long as all the rest of a firing. */
  #afterNext(): number {
    this.#afterNextMs ??= this.#after(this.#nextMs)
    return this.#afterNextMs
  }

  #after(ms: number): number {
    return this.#line.nextAfter(ms) ?? Number.POSITIVE_INFINITY
  }

  /** `knownMs`: what it is, if that is known. */
  #findNext(knownMs: number | null = null): void {
    this.#nextMs = knownMs ?? this.#after(this.#untilMs)
    this.#afterNextMs = null
    this.#retryAtMs = 0
    this.#failures = 0
  }
}
