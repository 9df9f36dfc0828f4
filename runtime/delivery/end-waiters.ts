import type { CallId } from '../model/call.ts'
import type { Timers } from './timers.ts'

/** Somebody who waits for the end of a call. */
export interface Wait {
  /** Resolves when the call has ended, or there is no more waiting. */
  readonly over: Promise<void>
  /** Ends it. */
  leave(): void
}

/** Those who wait for calls to end. Costs calls that nobody waits for one look at an empty map. */
export class EndWaiters {
  readonly #timers: Timers
  readonly #waiting = new Map<CallId, Set<() => void>>()

  constructor(timers: Timers) {
    this.#timers = timers
  }

  wait(id: CallId, timeoutMs: number, signal: AbortSignal): Wait {
    const { promise, resolve } = Promise.withResolvers<void>()
    const others = this.#waiting.get(id) ?? new Set()
    const leave = (): void => {
      if (!others.delete(leave)) return
      if (others.size === 0) this.#waiting.delete(id)
      cancel()
      signal.removeEventListener('abort', leave)
      resolve()
    }
    others.add(leave)
    this.#waiting.set(id, others)
    const cancel = this.#timers.after(timeoutMs, leave)
    signal.addEventListener('abort', leave)
    if (signal.aborted) leave()
    return { over: promise, leave }
  }

  ended(id: CallId): void {
    if (this.#waiting.size === 0) return
    for (const leave of this.#waiting.get(id) ?? []) leave()
  }

  releaseAll(): void {
    for (const id of this.#waiting.keys()) this.ended(id)
  }
}
