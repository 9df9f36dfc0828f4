import type { FromWorker } from '../protocol.ts'

/** A worker's answer to a call. */
export type Answer = Extract<FromWorker, { callId: number }>

/** Calls to one worker that it has not answered yet. */
export class WorkerCalls {
  readonly #waiting = new Map<number, (answer: Answer | null) => void>()
  #lastId = 0

  get count(): number {
    return this.#waiting.size
  }

  /**
   * Sends a call under an id of its own. Resolves with the answer; with null when the worker ended before it, or after
   * `withinMs` (null: however long it takes).
   */
  make(send: (callId: number) => void, withinMs: number | null): Promise<Answer | null> {
    const callId = ++this.#lastId
    return new Promise((resolve) => {
      const timer = withinMs === null ? undefined : setTimeout(() => this.#settle(callId, null), withinMs)
      this.#waiting.set(callId, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      send(callId)
    })
  }

  answered(answer: Answer): void {
    this.#settle(answer.callId, answer)
  }

  /** The worker ended. */
  abandon(): void {
    for (const callId of [...this.#waiting.keys()]) this.#settle(callId, null)
  }

  #settle(callId: number, answer: Answer | null): void {
    const settle = this.#waiting.get(callId)
    this.#waiting.delete(callId)
    settle?.(answer)
  }
}
