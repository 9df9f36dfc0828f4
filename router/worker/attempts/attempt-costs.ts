import type { VersionManifest } from '../../../runtime/worker-side.ts'

/**
 * What an attempt takes of a core besides what it takes in its instance. Measured: 0.014 ms here, for messages, records and
 * entries, and 0.037 in the supervisor, which may have no core of its own.
 */
const ownMs = 0.05
/** Of the mean, what the newest attempt makes up. */
const newestWeight = 1 / 8

/** What attempts to run each version take of the thread, by those that ended. */
export class AttemptCosts {
  readonly #meanMs = new WeakMap<VersionManifest, number>()

  /** Null if none has ended yet. */
  expectedMs(manifest: VersionManifest): number | null {
    return this.#meanMs.get(manifest) ?? null
  }

  /** Takes notice of one that took `cpuMs` in its instance, and returns what it took in all. */
  note(manifest: VersionManifest, cpuMs: number): number {
    const tookMs = cpuMs + ownMs
    const meanMs = this.#meanMs.get(manifest)
    this.#meanMs.set(manifest, meanMs === undefined ? tookMs : meanMs + (tookMs - meanMs) * newestWeight)
    return tookMs
  }
}
