/** How many isolates wait for functions: `prewarm` of the server's configuration. */
export interface PrewarmSettings {
  /** Bare isolates with the default memory limit that always wait. */
  readonly min: number
  /** Most that wait, of all sets together: what they may take of memory. At least `min`. */
  readonly max: number
  /** How long a cold start counts, and a set is kept that nobody asks for. */
  readonly ttlMs: number
  /** For so many cold starts of a set within `ttlMs`, `increment` of it wait. */
  readonly threshold: number
  readonly increment: number
}

/**
 * How many isolates of one set are to wait: as OpenWhisk's reactive stem cells, `increment` for each `threshold` cold
 * starts within the last `ttlMs`, but at least `min` (and one, while the set is in use), and at most `max`.
 *
 * A cold start is one that found none waiting. One that was taken is replaced as long as it is wanted.
 */
export class PrewarmDemand {
  readonly #settings: PrewarmSettings
  readonly #min: number
  /** Of the last cold starts, in order: no more than lead to `max`. */
  readonly #coldStartsAtMs: number[] = []
  readonly #mostColdStarts: number
  /** When it was last asked for, or expected to be. */
  usedAtMs = Number.NEGATIVE_INFINITY

  /** `min` of this set: those of the others fall back to nothing. */
  constructor(settings: PrewarmSettings, min: number) {
    this.#settings = settings
    this.#min = min
    this.#mostColdStarts = Math.ceil(settings.max / settings.increment) * settings.threshold
  }

  /** So many wait whatever happens. */
  get min(): number {
    return this.#min
  }

  noteColdStart(nowMs: number): void {
    this.#coldStartsAtMs.push(nowMs)
    if (this.#coldStartsAtMs.length > this.#mostColdStarts) this.#coldStartsAtMs.shift()
  }

  wanted(nowMs: number): number {
    const { ttlMs, threshold, increment, max } = this.#settings
    const sinceMs = nowMs - ttlMs
    while (this.#coldStartsAtMs.length > 0 && this.#coldStartsAtMs[0]! <= sinceMs)
      this.#coldStartsAtMs.shift()
    const grown = Math.floor(this.#coldStartsAtMs.length / threshold) * increment
    const inUse = this.#min === 0 && this.usedAtMs > sinceMs ? 1 : 0
    return Math.min(Math.max(this.#min, inUse, grown), max)
  }
}

/** A set as it is. */
export interface PrewarmState {
  readonly demand: PrewarmDemand
  readonly ready: number
}

/** What to do next, one isolate at a time; null = all is as it should be. */
export type PrewarmStep<T> = { readonly kind: 'make' | 'drop'; readonly set: T } | null

/**
 * Sets below their `min` come first, then what was used last. When `max` wait in all, one of a set that was used longer ago
 * makes room, unless that set is at its `min`.
 */
export function nextPrewarmStep<T extends PrewarmState>(
  sets: Iterable<T>,
  max: number,
  nowMs: number,
): PrewarmStep<T> {
  let total = 0
  let lacking: T | null = null
  let oldest: T | null = null
  for (const set of sets) {
    const wanted = set.demand.wanted(nowMs)
    if (set.ready > wanted) return { kind: 'drop', set }
    total += set.ready
    if (set.ready < wanted && (lacking === null || isMoreUrgent(set, lacking))) lacking = set
    if (set.ready > set.demand.min && (oldest === null || set.demand.usedAtMs < oldest.demand.usedAtMs))
      oldest = set
  }
  if (lacking === null) return null
  if (total < max) return { kind: 'make', set: lacking }
  if (oldest === null || oldest === lacking || !isMoreUrgent(lacking, oldest)) return null
  return { kind: 'drop', set: oldest }
}

function isMoreUrgent(set: PrewarmState, other: PrewarmState): boolean {
  const isBelow = set.ready < set.demand.min
  if (isBelow !== other.ready < other.demand.min) return isBelow
  return set.demand.usedAtMs > other.demand.usedAtMs
}
