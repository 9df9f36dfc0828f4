import type { AttemptOutcome, DeadLetterReason } from '../model/call.ts'
import { type Branch, branches } from './branch.ts'
import type { DeliveryMetrics, DurationCounter } from './delivery-metrics.ts'
import type { Follow } from './destinations.ts'
import type { Decision } from './ladder.ts'

/** What is counted of deliveries. */
export class DeliveryCounters {
  redrives = 0
  lateSettles = 0
  #destinations = 0
  #lostDestinations = 0
  readonly #attempts: Partial<Record<AttemptOutcome, number>> = {}
  readonly #decisions = Object.fromEntries(branches.map((branch) => [branch, 0])) as Record<Branch, number>
  readonly #deadLetters: Partial<Record<DeadLetterReason, number>> = {}
  readonly #attemptDuration: DurationCounter
  readonly #startLatency: DurationCounter

  constructor(makeDurationCounter: () => DurationCounter) {
    this.#attemptDuration = makeDurationCounter()
    this.#startLatency = makeDurationCounter()
  }

  /** What the log has taken, and `run`, which it is not told. */
  decided({ branch, attempt }: Decision): void {
    this.#decisions[branch]++
    if (attempt === null) return
    this.#attempts[attempt.outcome] = (this.#attempts[attempt.outcome] ?? 0) + 1
    this.#attemptDuration.observe(attempt.durationMs)
  }

  buried(reason: DeadLetterReason): void {
    this.#deadLetters[reason] = (this.#deadLetters[reason] ?? 0) + 1
  }

  /** A call's first attempt was given away, so long after it was due. */
  started(latencyMs: number): void {
    this.#startLatency.observe(latencyMs)
  }

  /** These went with the end of a call. */
  followed({ calls, lost }: Follow): void {
    this.#destinations += calls.length
    if (lost !== null) this.#lostDestinations++
  }

  toMetrics(now: Pick<DeliveryMetrics, 'running' | 'unsettled' | 'held' | 'failure'>): DeliveryMetrics {
    const { redrives, lateSettles } = this
    return {
      attempts: { ...this.#attempts },
      decisions: { ...this.#decisions },
      deadLetters: { ...this.#deadLetters },
      redrives,
      destinations: this.#destinations,
      lostDestinations: this.#lostDestinations,
      lateSettles,
      attemptDuration: this.#attemptDuration.toData(),
      startLatency: this.#startLatency.toData(),
      ...now,
    }
  }
}
