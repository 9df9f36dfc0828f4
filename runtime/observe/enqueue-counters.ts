import type { CallSource } from '../model/call.ts'
import type { ErrorCode } from '../model/errors.ts'
import { DurationHistogram } from './duration-histogram.ts'
import type { EnqueueMetrics } from './metrics.ts'

/** What one process counts of the calls that it is asked to accept. */
export class EnqueueCounters {
  readonly #accepted: Partial<Record<CallSource, number>> = {}
  readonly #refused: Partial<Record<ErrorCode, number>> = {}
  readonly #latency = new DurationHistogram()

  /** `durationMs` from asking to disk. */
  accepted(source: CallSource, durationMs: number): void {
    this.#accepted[source] = (this.#accepted[source] ?? 0) + 1
    this.#latency.observe(durationMs)
  }

  refused(code: ErrorCode): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1
  }

  toMetrics(): EnqueueMetrics {
    return {
      accepted: { ...this.#accepted },
      refused: { ...this.#refused },
      latency: this.#latency.toData(),
    }
  }
}
