import type { HttpResponse as UwsResponse } from 'uWebSockets.js'
import type { BodyWriter } from './body-writer.ts'

/** What uWebSockets.js may have to keep for us, for it keeps what the socket does not take. */
const maxPieceBytes = 256 * 1024
const probeBytes = 512

/**
 * A body of unknown length, in chunks.
 *
 * uWebSockets.js takes each chunk whole and keeps what the socket does not. That the socket is writable again does not
 * say that this was sent, and nothing else says it either: so the first piece after that is a small one, which tells.
 * What is kept goes out with the next write or cork.
 */
export class ChunkedWriter implements BodyWriter {
  readonly #response: UwsResponse
  isBlocked = false
  isDone = false
  takenBytes = 0
  #isProbing = false

  constructor(response: UwsResponse) {
    this.#response = response
  }

  isLast(): boolean {
    return false
  }

  write(bytes: Uint8Array): Uint8Array | null {
    let rest = bytes
    while (rest.byteLength > 0 && !this.isBlocked) {
      const pieceBytes = Math.min(rest.byteLength, this.#isProbing ? probeBytes : maxPieceBytes)
      // False also when the piece was taken, but with nothing behind it: what is kept is not sent yet.
      this.isBlocked = !this.#response.write(rest.subarray(0, pieceBytes))
      if (!this.isBlocked) this.takenBytes += pieceBytes
      this.#isProbing = false
      rest = rest.subarray(pieceBytes)
    }
    return rest.byteLength === 0 ? null : rest
  }

  unblock(): void {
    if (!this.isBlocked) return
    this.isBlocked = false
    this.#isProbing = true
  }

  shortfall(): null {
    return null
  }

  end(): void {
    this.#response.end()
    this.isDone = true
  }
}
