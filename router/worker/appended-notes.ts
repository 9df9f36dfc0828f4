import type { AppendedNote } from '../protocol.ts'

/** What was appended, put together to be told once a turn of the event loop: calls of one commit come all at once. */
export class AppendedNotes {
  readonly #send: (notes: readonly AppendedNote[]) => void
  #notes = new Map<string, { functionName: string; count: number; total: number; dueAtMs: number }>()

  constructor(send: (notes: readonly AppendedNote[]) => void) {
    this.#send = send
  }

  get isWaiting(): boolean {
    return this.#notes.size > 0
  }

  /** One call more, the function's `total`th of this worker. */
  add(functionName: string, total: number, dueAtMs: number): void {
    const note = this.#notes.get(functionName)
    if (note !== undefined) {
      note.count++
      note.total = total
      if (dueAtMs < note.dueAtMs) note.dueAtMs = dueAtMs
      return
    }
    if (this.#notes.size === 0) setImmediate(this.#tell)
    this.#notes.set(functionName, { functionName, count: 1, total, dueAtMs })
  }

  readonly #tell = (): void => {
    const notes = [...this.#notes.values()]
    this.#notes = new Map()
    this.#send(notes)
  }
}
