import { BytePipe, type ByteSource, type FailedOutcome, type SourceRead } from '../../runtime/index.ts'
import { frameKind } from './peer-frames.ts'
import type { PeerLink } from './peer-link.ts'

/** What may be under way, or wait to be read. */
const windowBytes = 256 * 1024

/** A body that streams from another worker. Nothing of it is sent before somebody reads. */
export class ReceivedBody implements ByteSource {
  readonly #link: PeerLink
  readonly #stream: number
  readonly #pipe: BytePipe
  /** The other side may still send so much. */
  #creditBytes = 0
  #isDone = false

  constructor(link: PeerLink, stream: number, onCancel: () => void) {
    this.#link = link
    this.#stream = stream
    this.#pipe = new BytePipe(windowBytes, {
      onRoom: () => {},
      onCancel: () => {
        this.#isDone = true
        onCancel()
      },
    })
  }

  read(): SourceRead {
    const read = this.#pipe.read()
    this.#askOn()
    return read
  }

  onceReadable(callback: () => void): void {
    this.#askOn()
    this.#pipe.onceReadable(callback)
  }

  cancel(): void {
    this.#pipe.cancel()
  }

  /** A chunk came; it is the pipe's from now on. */
  add(bytes: Buffer): void {
    this.#creditBytes -= bytes.byteLength
    // Its own memory: what it lies in is shared with other frames.
    this.#pipe.write(new Uint8Array(bytes))
  }

  end(): void {
    this.#isDone = true
    this.#pipe.end()
  }

  fail(failure: FailedOutcome): void {
    this.#isDone = true
    this.#pipe.fail(failure)
  }

  #askOn(): void {
    if (this.#isDone) return
    const more = windowBytes - this.#pipe.heldBytes - Math.max(0, this.#creditBytes)
    // By halves, so that credit is not a frame for each chunk.
    if (more < windowBytes / 2) return
    this.#creditBytes += more
    const content = Buffer.allocUnsafe(4)
    content.writeUInt32LE(more)
    this.#link.send(this.#stream, frameKind.credit, content)
  }
}
