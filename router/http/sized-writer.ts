import type { HttpResponse as UwsResponse } from 'uWebSockets.js'
import type { FailedOutcome } from '../../runtime/index.ts'
import type { BodyWriter } from './body-writer.ts'

/** A body of the length that the function declared, which uWebSockets.js announces. */
export class SizedWriter implements BodyWriter {
  readonly #response: UwsResponse
  readonly #totalBytes: number
  isBlocked = false
  isDone = false
  takenBytes = 0

  constructor(response: UwsResponse, totalBytes: number) {
    this.#response = response
    this.#totalBytes = totalBytes
  }

  isLast(bytes: Uint8Array): boolean {
    return this.takenBytes + bytes.byteLength >= this.#totalBytes
  }

  /** What goes beyond the declared length is not written. */
  write(bytes: Uint8Array): Uint8Array | null {
    const part = bytes.subarray(0, this.#totalBytes - this.takenBytes)
    if (part.byteLength === 0) {
      this.end()
      return bytes
    }
    const [isTaken, isDone] = this.#response.tryEnd(part, this.#totalBytes)
    this.isDone = isDone
    // The response object is dead when it is done.
    const partBytes = isTaken || isDone ? part.byteLength : this.#response.getWriteOffset() - this.takenBytes
    this.isBlocked = !isTaken && !isDone
    this.takenBytes += partBytes
    return partBytes === bytes.byteLength ? null : bytes.subarray(partBytes)
  }

  unblock(): void {
    this.isBlocked = false
  }

  shortfall(): FailedOutcome | null {
    if (this.takenBytes === this.#totalBytes) return null
    return lengthMismatch(`its body ended after ${this.takenBytes} bytes`, this.#totalBytes)
  }

  /** Only of a body that is declared to be empty: others end with their last byte. */
  end(): void {
    this.#response.end()
    this.isDone = true
  }
}

/** A body that is not as long as the function said. */
export function lengthMismatch(found: string, declaredBytes: number): FailedOutcome {
  const message = `Cannot send the response: ${found}, must be ${declaredBytes}, its content-length`
  return { kind: 'exception', error: { name: 'TypeError', message, stack: '' } }
}
