import type { Writable } from 'node:stream'

/**
 * Writes values as JSON lines no faster than they are read. What does not fit while the reader is behind is counted and
 * told in its place by one line `{"dropped":n}`: a follower who stops reading costs a bounded queue, never the server.
 */
export class LineStream {
  readonly #out: Writable
  readonly #maxPending: number
  readonly #pending: unknown[] = []
  #dropped = 0
  #blocked = false
  #ending = false

  constructor(out: Writable, options: { readonly maxPending: number }) {
    this.#out = out
    this.#maxPending = options.maxPending
    out.on('drain', () => {
      this.#blocked = false
      this.#flush()
    })
  }

  /** Takes a value, which must not change any more. */
  push(value: unknown): void {
    if (this.#ending) return
    // Once something is missing, everything is until the queue is empty: one gap a stall, at its true place.
    if (this.#dropped > 0 || this.#pending.length >= this.#maxPending) {
      this.#dropped += 1
      return
    }
    this.#pending.push(value)
    this.#flush()
  }

  /** Ends the stream after what is pending. */
  end(): void {
    this.#ending = true
    this.#flush()
  }

  #flush(): void {
    while (!this.#blocked && this.#pending.length > 0) this.#write(this.#pending.shift())
    if (this.#blocked) return
    if (this.#dropped > 0) {
      this.#write({ dropped: this.#dropped })
      this.#dropped = 0
    }
    if (this.#ending && !this.#out.writableEnded) this.#out.end()
  }

  #write(value: unknown): void {
    this.#blocked = !this.#out.write(`${JSON.stringify(value)}\n`)
  }
}
