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
  readonly #stopping = new Set<number>()

  /** @param isGone by index: the call has gone on from here before */
  constructor(key: SegmentKey, isGone: (index: number) => boolean) {
    this.key = key
    this.#states = Uint8Array.from({ length: key.count }, (_, index) => (isGone(index) ? gone : waits))
    this.#waiting = this.#states.filter((state) => state === waits).length
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

  take(index: number): void {
    this.#states[index] = taken
    this.#waiting--
    this.#taken++
  }

  /** A call that was taken is told to end. */
  stop(index: number): void {
    this.#stopping.add(index)
  }

  isStopping(index: number): boolean {
    return this.#stopping.has(index)
  }

  giveBack(index: number): void {
    this.#stopping.delete(index)
    this.#states[index] = waits
    this.#waiting++
    this.#taken--
  }

  /** A call that was taken has ended, or stands elsewhere. */
  settle(index: number): void {
    this.#states[index] = gone
    this.#taken--
  }

  get takenIndexes(): number[] {
    return [...this.#states.keys()].filter((index) => this.#states[index] === taken)
  }
}
