import type { CallStatus } from '../../runtime/model/call.ts'
import type { Appended, CallAppender, NewCall } from '../../runtime/retry-log/retry-log.ts'

/** Appends to a list, and answers when the test says so. */
export class FakeAppender implements CallAppender {
  readonly calls: NewCall[] = []
  /** What `append` rejects with from now on; null = it works. */
  failure: Error | null = null
  /** Whether appended calls wait for `commit`. */
  isHeld = false
  isClosed = false
  readonly states = new Map<string, CallStatus>()
  readonly #ids = new Map<string, string>()
  #held: (() => void)[] = []
  #wake: () => void = () => {}

  append(call: NewCall): Promise<Appended> {
    const id = String(this.calls.length + 1).padStart(32, '0')
    const name = `${call.functionName} ${call.callerId}`
    const first = this.#ids.get(name)
    if (first === undefined) this.calls.push(call)
    if (call.callerId !== null && first === undefined) this.#ids.set(name, id)
    const { failure } = this
    const { promise, resolve, reject } = Promise.withResolvers<Appended>()
    this.#held.push(() => {
      if (failure !== null) reject(failure)
      else if (first !== undefined) resolve({ kind: 'duplicate', id: first })
      else resolve({ kind: 'appended', id, enqueuedAtMs: 1000 })
    })
    if (!this.isHeld) this.commit()
    this.#wake()
    return promise
  }

  /** Answers what waits. */
  commit(): void {
    const held = this.#held
    this.#held = []
    for (const answer of held) answer()
  }

  /** Resolves when so many calls were appended. */
  async until(count: number): Promise<void> {
    while (this.calls.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async get(id: string): Promise<CallStatus | null> {
    return this.states.get(id) ?? null
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}
