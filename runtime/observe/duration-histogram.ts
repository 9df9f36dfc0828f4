import { durationBucketsSeconds, type HistogramData } from './metrics.ts'

export const boundsMs = Float64Array.from(durationBucketsSeconds, (seconds) => seconds * 1000)
export const bucketCount = boundsMs.length + 1

/** Counts a duration in `slots`, where a sum stands at `at` and its buckets behind it. */
export function observe(slots: Float64Array, at: number, ms: number): void {
  // From below: most invocations take well under a millisecond, so the first comparison usually decides.
  let bucket = 0
  while (bucket < boundsMs.length && ms > boundsMs[bucket]!) bucket++
  slots[at]! += ms
  slots[at + 1 + bucket]! += 1
}

/** What stands in `slots` from `at` on. */
export function histogramAt(slots: Float64Array, at: number): HistogramData {
  return { counts: [...slots.subarray(at + 1, at + 1 + bucketCount)], sumSeconds: slots[at]! / 1000 }
}

/** A histogram by itself. */
export class DurationHistogram {
  readonly #slots = new Float64Array(1 + bucketCount)

  observe(ms: number): void {
    observe(this.#slots, 0, ms)
  }

  toData(): HistogramData {
    return histogramAt(this.#slots, 0)
  }
}
