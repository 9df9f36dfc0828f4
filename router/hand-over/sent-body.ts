import { type ByteSource, type FailedOutcome, freeBytes } from '../../runtime/index.ts'
import { frameKind, maxChunkBytes } from './peer-frames.ts'
import type { PeerLink } from './peer-link.ts'

/** How a body ended that was sent; null = all of it was. */
export type OnSent = (failure: FailedOutcome | null) => void

/** A body that streams to another worker, for as far as that has given credit. */
export class SentBody {
  readonly #link: PeerLink
  readonly #stream: number
  readonly #source: ByteSource
  readonly #onSent: OnSent
  #creditBytes = 0
  #isWaiting = false
  #isOver = false

  constructor(link: PeerLink, stream: number, source: ByteSource, onSent: OnSent) {
    this.#link = link
    this.#stream = stream
    this.#source = source
    this.#onSent = onSent
  }

  addCredit(bytes: number): void {
    this.#creditBytes += bytes
    this.#send()
  }

  /** Nobody wants the rest. `onSent` is not called. */
  cancel(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#source.cancel()
  }

  /** The rest is somebody else's affair: neither sent nor canceled. */
  letGo(): void {
    this.#isOver = true
  }

  #send(): void {
    while (!this.#isOver && !this.#isWaiting && this.#creditBytes > 0) {
      const read = this.#source.read()
      if (read.kind === 'bytes') {
        this.#creditBytes -= read.bytes.byteLength
        this.#sendBytes(read.bytes)
      } else if (read.kind === 'empty') {
        this.#isWaiting = true
        this.#source.onceReadable(() => {
          this.#isWaiting = false
          this.#send()
        })
      } else {
        this.#isOver = true
        this.#onSent(read.kind === 'failed' ? read.failure : null)
      }
    }
  }

  #sendBytes(bytes: Uint8Array): void {
    // Copied: the socket may hold it for long, and a source's memory is to be given back at once.
    for (let at = 0; at < bytes.byteLength; at += maxChunkBytes)
      this.#link.send(this.#stream, frameKind.body, Buffer.from(bytes.subarray(at, at + maxChunkBytes)))
    freeBytes(bytes)
  }
}
