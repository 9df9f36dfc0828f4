/**
 * What workers say to each other over a connection: frames of a length (4 bytes), the number of the invocation that the
 * frame is about (4 bytes), a kind (1 byte), and content.
 */

/** Chunks of bodies are cut to this, so that no frame holds up others for long. */
export const maxChunkBytes = 64 * 1024
/** The largest are heads: headers, stacks and log lines, each bounded where it comes from. */
const maxFrameBytes = 4 * 1024 * 1024
const headBytes = 9

export const frameKind = {
  /** Origin to holder: `StartNote`; what came of the body as `part` is whole. */
  start: 1,
  /** Bytes of something that is sent whole, before the frame that it belongs to. */
  part: 2,
  /** Bytes of a body that streams: the request's to the holder, the response's to the origin. */
  body: 3,
  /** No more comes of that body; to the origin with a `UsageNote`. */
  bodyEnd: 4,
  /** No more comes of it though it is not the end: `FailNote`. */
  bodyFail: 5,
  /** So many bytes (4 bytes) more of the body that the other side sends may come. */
  credit: 6,
  /** Nobody reads on what the other side sends. */
  bodyStop: 7,
  /** Origin to holder: the caller went away. */
  cancel: 8,
  /** Holder to origin: `SettledNote`. */
  settled: 9,
  /** Holder to origin: it has no share of the function. The invocation did not begin. */
  moved: 10,
} as const

export type FrameKind = (typeof frameKind)[keyof typeof frameKind]

export interface Frame {
  readonly stream: number
  readonly kind: number
  /** Its own memory or a part of what was received: valid for as long as it is held. */
  readonly content: Buffer
}

export const noContent = Buffer.alloc(0)

/** What goes before the content of a frame. */
export function frameHead(stream: number, kind: FrameKind, contentBytes: number): Buffer {
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt32LE(contentBytes, 0)
  head.writeUInt32LE(stream, 4)
  head.writeUInt8(kind, 8)
  return head
}

/** Puts frames together from what a socket brings. */
export class FrameReader {
  #chunks: Buffer[] = []
  #heldBytes = 0

  /**
   * The frames that are complete with this chunk.
   *
   * @throws Error for a frame that no worker sends; the connection is of no use then
   */
  add(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    this.#chunks.push(chunk)
    this.#heldBytes += chunk.byteLength
    while (this.#heldBytes >= headBytes) {
      const contentBytes = this.#peek(headBytes).readUInt32LE(0)
      if (contentBytes > maxFrameBytes) throw new Error(`A frame of ${contentBytes} bytes`)
      if (this.#heldBytes < headBytes + contentBytes) break
      const frame = this.#take(headBytes + contentBytes)
      const content = frame.subarray(headBytes)
      frames.push({ stream: frame.readUInt32LE(4), kind: frame.readUInt8(8), content })
    }
    return frames
  }

  /** Chunks of which the first holds at least so much. */
  #peek(bytes: number): Buffer {
    if (this.#chunks[0]!.byteLength < bytes) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!
  }

  #take(bytes: number): Buffer {
    const first = this.#peek(bytes)
    if (first.byteLength === bytes) this.#chunks.shift()
    else this.#chunks[0] = first.subarray(bytes)
    this.#heldBytes -= bytes
    return first.subarray(0, bytes)
  }
}
