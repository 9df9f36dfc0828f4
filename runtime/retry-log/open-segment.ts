import type { ClaimRow } from './claim-row.ts'
import type { SegmentKey } from './log-keys.ts'

const waits = 0
const taken = 1
const gone = 2

/**
 * A segment of which calls run, or are about to: which of its calls are still to be claimed. Those of segments that nobody
 * has begun are known to the disk alone.
 */
export class OpenSegment {
  readonly key: SegmentKey
  readonly #states: Uint8Array
  #waiting: number
  #taken = 0
  /** Calls that were taken, even if they were given back. */
  readonly #takenAtMs: Map<number, number>
  readonly #stopping: Set<number>
  readonly #cuts: Map<number, readonly number[]>

  /**
   * @param claims what is on disk; null = nobody has begun it
   * @param isGone by index: the call has gone on from here before
   */
  constructor(key: SegmentKey, claims: ClaimRow | null, isGone: (index: number) => boolean) {
    this.key = key
    this.#takenAtMs = new Map(claims?.running)
    this.#stopping = new Set(claims?.stopping)
    this.#cuts = new Map(claims?.cuts)
    this.#states = Uint8Array.from({ length: key.count }, (_, index) => (isGone(index) ? gone : waits))
    this.#waiting = this.#states.filter((state) => state === waits).length
    for (const [index, state] of this.#states.entries()) if (state === gone) this.#forget(index)
  }

  /** Calls that nobody has. */
  get waiting(): number {
    return this.#waiting
  }

  /** Calls that somebody has. */
  get taken(): number {
    return this.#taken
  }

  isWaiting(index: number): boolean {
    return this.#states[index] === waits
  }

  take(index: number, nowMs: number): void {
    this.#takenAtMs.set(index, nowMs)
    this.#states[index] = taken
    this.#waiting--
    this.#taken++
  }

  /** A call that was taken is told to end. */
  stop(index: number): void {
    this.#stopping.add(index)
  }

  /** It is not to end after all. */
  unstop(index: number): void {
    this.#stopping.delete(index)
  }

  isStopping(index: number): boolean {
    return this.#stopping.has(index)
  }

  /** When attempts of the call began that were cut; undefined = none. */
  cutsOf(index: number): readonly number[] | undefined {
    return this.#cuts.get(index)
  }

  /** Nobody ever had it. */
  untake(index: number): void {
    this.#takenAtMs.delete(index)
    this.giveBack(index)
  }

  /** Whoever had it has it no more, and may still be at it. */
  giveBack(index: number): void {
    this.#states[index] = waits
    this.#waiting++
    this.#taken--
  }

  /** A call that was taken has ended, or stands elsewhere. */
  settle(index: number): void {
    this.#states[index] = gone
    this.#taken--
    this.#forget(index)
  }

  /** What is to be on disk. */
  get claims(): ClaimRow {
    return { running: [...this.#takenAtMs], stopping: [...this.#stopping], cuts: [...this.#cuts] }
  }

  #forget(index: number): void {
    this.#takenAtMs.delete(index)
    this.#stopping.delete(index)
    this.#cuts.delete(index)
  }
}
