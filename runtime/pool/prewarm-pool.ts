import type { CompiledBootstrap } from '../isolate/compiled-bootstrap.ts'
import type { Guardian } from '../isolate/guardian.ts'
import { PreparedIsolate } from '../isolate/prepared-isolate.ts'
import { limitBounds } from '../model/limits.ts'

export interface PrewarmOptions {
  readonly bootstrap: CompiledBootstrap
  readonly guardian: Guardian
  /** Isolates kept waiting. */
  readonly min: number
  readonly nowMs: () => number
  /** When the thread last had requests to run. */
  readonly lastBusyAtMs: () => number
}

/** Isolates wait with the default memory limit; versions with another get one made for them. */
const memoryMiB = limitBounds.memoryMiB.default
const tickMs = 2
/** Below `min` one is made this often, however busy the thread is: else a busy worker never starts anything new fast. */
const busyEveryMs = 20

/**
 * Isolates that wait for a function, so that a cold start need not make one.
 *
 * The constructor of an isolate holds the thread for more than a millisecond, hence: one at a time, and in gaps of the
 * event loop.
 */
export class PrewarmPool {
  readonly min: number
  readonly #options: PrewarmOptions
  readonly #ready: PreparedIsolate[] = []
  #timer: NodeJS.Timeout | null = null
  #refilledAtMs = 0

  constructor(options: PrewarmOptions) {
    this.#options = options
    this.min = options.min
  }

  get ready(): number {
    return this.#ready.length
  }

  /** Makes all that are missing, at once: before the worker listens. */
  fill(): void {
    while (this.#ready.length < this.min) this.#ready.push(this.#make(memoryMiB))
  }

  /** A waiting isolate, or a new one if none waits with that limit. The caller owns it. */
  take(wantedMiB: number): PreparedIsolate {
    // The newest: its memory is most likely still in the processor's caches.
    const waiting = wantedMiB === memoryMiB ? this.#ready.pop() : undefined
    if (waiting === undefined) return this.#make(wantedMiB)
    this.#schedule()
    return waiting
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    for (const isolate of this.#ready.splice(0)) isolate.dispose()
  }

  #make(limitMiB: number): PreparedIsolate {
    return new PreparedIsolate(this.#options.bootstrap, this.#options.guardian, limitMiB)
  }

  #schedule(): void {
    if (this.#timer !== null || this.#ready.length >= this.min) return
    this.#timer = setTimeout(() => this.#refill(), tickMs).unref()
  }

  #refill(): void {
    this.#timer = null
    const nowMs = this.#options.nowMs()
    const isGap = nowMs - this.#options.lastBusyAtMs() >= tickMs
    if (isGap || nowMs - this.#refilledAtMs >= busyEveryMs) {
      this.#ready.push(this.#make(memoryMiB))
      this.#refilledAtMs = this.#options.nowMs()
    }
    this.#schedule()
  }
}
