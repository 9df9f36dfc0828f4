import type { InvocationUsage } from '../model/invocation.ts'
import type { OutcomeKind } from '../model/outcome.ts'
import { bucketCount, histogramAt, observe } from './duration-histogram.ts'
import type { VersionMetrics } from './metrics.ts'

const slotOfOutcome: Readonly<Record<OutcomeKind, number>> = {
  ok: 0,
  exception: 1,
  no_response: 2,
  exceeded_cpu: 3,
  exceeded_memory: 4,
  exceeded_wall_time: 5,
  throttled: 6,
  overloaded: 7,
  interrupted: 8,
  quarantined: 9,
  canceled: 10,
  internal_error: 11,
}

// Where things are in the one array: outcomes, CPU, then histograms of a sum and their buckets each.
const cpuSlot = Object.keys(slotOfOutcome).length
const durationSlot = cpuSlot + 1
const coldStartSlot = durationSlot + 1 + bucketCount
const queueWaitSlot = coldStartSlot + 1 + bucketCount
const slotCount = queueWaitSlot + 1 + bucketCount

/** What is counted of one function version: plain numbers, so that counting an invocation allocates nothing. */
export class VersionCounters {
  readonly #functionName: string
  readonly #version: string
  readonly #slots = new Float64Array(slotCount)
  /** On the monotonic clock: a warm success before it is not sampled. Kept here because it is found with the counters. */
  nextSampleAtMs = 0

  constructor(functionName: string, version: string) {
    this.#functionName = functionName
    this.#version = version
  }

  /** A wait counts as cold start if the invocation's instance had to be made, else as queue wait. */
  count(kind: OutcomeKind, durationMs: number, usage: InvocationUsage): void {
    const slots = this.#slots
    slots[slotOfOutcome[kind]]! += 1
    slots[cpuSlot]! += usage.cpuMs
    observe(slots, durationSlot, durationMs)
    observe(slots, usage.coldStart ? coldStartSlot : queueWaitSlot, usage.waitMs)
  }

  /** What an invocation took after it was counted. */
  addCpu(cpuMs: number): void {
    this.#slots[cpuSlot]! += cpuMs
  }

  toMetrics(): VersionMetrics {
    const outcomes: Partial<Record<OutcomeKind, number>> = {}
    for (const [kind, slot] of Object.entries(slotOfOutcome)) {
      const count = this.#slots[slot]!
      if (count > 0) outcomes[kind as OutcomeKind] = count
    }
    return {
      function: this.#functionName,
      version: this.#version,
      outcomes,
      cpuSeconds: this.#slots[cpuSlot]! / 1000,
      duration: histogramAt(this.#slots, durationSlot),
      coldStart: histogramAt(this.#slots, coldStartSlot),
      queueWait: histogramAt(this.#slots, queueWaitSlot),
    }
  }
}
