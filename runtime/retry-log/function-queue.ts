import { type SegmentKey, segmentEnd, segmentsEnd, segmentsFrom } from './log-keys.ts'
import type { StoredKey } from './log-tables.ts'
import type { OpenSegment } from './open-segment.ts'

/** Where the look for what is due next begins in the segments of one function. All that is kept of what waits. */
export class FunctionQueue {
  readonly functionName: string
  isPaused = false
  /** Open segments with calls that wait. */
  readonly begun = new Set<OpenSegment>()
  #from: StoredKey
  #fromMs = 0
  /** Of the first that is not open; null = there is none, undefined = not known. */
  unopenedDueMs: number | null | undefined

  constructor(functionName: string) {
    this.functionName = functionName
    this.#from = segmentsFrom(functionName, 0)
  }

  get range(): { start: StoredKey; end: StoredKey } {
    return { start: this.#from, end: segmentsEnd(this.functionName) }
  }

  /** All up to this segment are open. */
  pass(key: SegmentKey): void {
    this.#from = segmentEnd(key)
    this.#fromMs = key.dueAtMs
    this.unopenedDueMs = undefined
  }

  /** There may be segments that are due then, and not open. */
  rewind(dueAtMs: number): void {
    this.unopenedDueMs = undefined
    if (dueAtMs > this.#fromMs) return
    this.#from = segmentsFrom(this.functionName, dueAtMs)
    this.#fromMs = dueAtMs
  }
}
