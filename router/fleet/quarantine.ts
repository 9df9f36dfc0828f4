import type { VersionId } from '../../runtime/index.ts'

/** A version that brings workers down so often within the window rests for that long. */
export const quarantineRule = { crashes: 3, windowMs: 5 * 60_000, restMs: 5 * 60_000 } as const

/** Counts the workers that each version brought down, and says which versions must rest. Pure but for its clock. */
export class Quarantine {
  readonly #nowMs: () => number
  readonly #crashes = new Map<VersionId, number[]>()
  readonly #until = new Map<VersionId, number>()

  /** `nowMs`: a monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Notes that a worker died while it ran the version. Returns whether the version is quarantined by that. */
  noteCrash(versionId: VersionId): boolean {
    const nowMs = this.#nowMs()
    const recent = (this.#crashes.get(versionId) ?? []).filter(
      (atMs) => nowMs - atMs < quarantineRule.windowMs,
    )
    recent.push(nowMs)
    this.#crashes.set(versionId, recent)
    if (recent.length < quarantineRule.crashes) return false
    this.#crashes.delete(versionId)
    this.#until.set(versionId, nowMs + quarantineRule.restMs)
    return true
  }

  /** Lets versions go that have rested. Returns them. */
  release(): VersionId[] {
    const nowMs = this.#nowMs()
    const released = [...this.#until]
      .filter(([, untilMs]) => untilMs <= nowMs)
      .map(([versionId]) => versionId)
    for (const versionId of released) this.#until.delete(versionId)
    for (const [versionId, times] of this.#crashes) {
      if (nowMs - times.at(-1)! >= quarantineRule.windowMs) this.#crashes.delete(versionId)
    }
    return released
  }

  /** Versions that must not run now. */
  get versionIds(): VersionId[] {
    return [...this.#until.keys()]
  }
}
