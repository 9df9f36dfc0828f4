import type { Socket } from 'node:net'
import {
  type Frame,
  type FrameKind,
  FrameReader,
  frameHead,
  maxChunkBytes,
  noContent,
} from './peer-frames.ts'

export interface LinkListener {
  onFrame(frame: Frame): void
  /** Nothing comes or goes any more. Called once. */
  onClosed(): void
}

/**
 * One connection between two workers, for many invocations. Never paused: what may be under way of a body is bounded by
 * credit, so that word of other things gets past it.
 */
export class PeerLink {
  readonly #socket: Socket
  readonly #frames = new FrameReader()
  #isClosed = false

  constructor(socket: Socket, listener: LinkListener) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      try {
        for (const frame of this.#frames.add(chunk)) {
          if (this.#isClosed) return
          listener.onFrame(frame)
        }
      } catch {
        this.close()
      }
    })
    // 'close' follows.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#isClosed = true
      listener.onClosed()
    })
  }

  send(stream: number, kind: FrameKind, content: Uint8Array = noContent): void {
    if (this.#isClosed) return
    // Frames of one turn leave in one system call.
    this.#socket.cork()
    this.#socket.write(frameHead(stream, kind, content.byteLength))
    if (content.byteLength > 0) this.#socket.write(content)
    process.nextTick(() => this.#socket.uncork())
  }

  sendNote(stream: number, kind: FrameKind, note: object): void {
    this.send(stream, kind, Buffer.from(JSON.stringify(note)))
  }

  /** Sends what is at hand whole, in frames of a bounded size. */
  sendWhole(stream: number, kind: FrameKind, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += maxChunkBytes)
      this.send(stream, kind, bytes.subarray(at, at + maxChunkBytes))
  }

  /** Does not hold up the end of the process. */
  unref(): void {
    this.#socket.unref()
  }

  close(): void {
    this.#isClosed = true
    this.#socket.destroy()
  }
}
