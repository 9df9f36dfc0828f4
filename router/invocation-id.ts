import { randomFillSync } from 'node:crypto'

const idBytes = 16
const idChars = idBytes * 2
const idsPerFill = 1024

/**
 * Invocation ids: 128 random bits as 32 hexadecimal digits, which is also the form of a W3C trace id. They tell
 * nothing of each other, so a client cannot count the requests between two of its own.
 *
 * Random bytes are drawn for many ids at once: alone, each would cost more than the rest of the id.
 */
export class InvocationIds {
  readonly #fill: (bytes: Buffer) => void
  readonly #bytes = Buffer.alloc(idBytes * idsPerFill)
  #digits = ''
  #next = 0

  /** `fill` overwrites all bytes with random ones. */
  constructor(fill: (bytes: Buffer) => void = (bytes) => randomFillSync(bytes)) {
    this.#fill = fill
  }

  next(): string {
    if (this.#next === this.#digits.length) {
      this.#fill(this.#bytes)
      this.#digits = this.#bytes.toString('hex')
      this.#next = 0
    }
    const start = this.#next
    this.#next = start + idChars
    return this.#digits.slice(start, this.#next)
  }
}
