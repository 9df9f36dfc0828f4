import { arrayBufferSlice, min, typedArraySet, Uint8Array } from '../primordials.ts'
import { Fifo } from './fifo.ts'
import type { PullInto } from './pull-into.ts'

interface ByteChunk {
  readonly buffer: ArrayBuffer
  byteOffset: number
  byteLength: number
  next: ByteChunk | null
}

/** Bytes that a stream holds, in the buffers that they came in. */
export class ByteQueue {
  totalSize = 0
  readonly #chunks = new Fifo<ByteChunk>()

  add(buffer: ArrayBuffer, byteOffset: number, byteLength: number): void {
    this.#chunks.add({ buffer, byteOffset, byteLength, next: null })
    this.totalSize += byteLength
  }

  addCopy(buffer: ArrayBuffer, byteOffset: number, byteLength: number): void {
    this.add(arrayBufferSlice(buffer, byteOffset, byteOffset + byteLength), 0, byteLength)
  }

  /** The next chunk. Must not be empty. */
  take(): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.#chunks.take()
    this.totalSize -= byteLength
    return new Uint8Array(buffer, byteOffset, byteLength)
  }

  /**
   * Moves bytes into a buffer that waits: whole elements if that is enough for its owner, else all there are.
   *
   * @returns whether it is enough.
   */
  fillUp(pullInto: PullInto): boolean {
    const { elementSize, minimumFill } = pullInto
    let room = min(this.totalSize, pullInto.byteLength - pullInto.bytesFilled)
    const filled = pullInto.bytesFilled + room
    const aligned = filled - (filled % elementSize)
    const isEnough = aligned >= minimumFill
    if (isEnough) room = aligned - pullInto.bytesFilled
    const target = new Uint8Array(pullInto.buffer)
    while (room > 0) {
      const head = this.#chunks.first!
      const count = min(room, head.byteLength)
      const source = new Uint8Array(head.buffer, head.byteOffset, count)
      typedArraySet(target, source, pullInto.byteOffset + pullInto.bytesFilled)
      if (count === head.byteLength) {
        this.#chunks.take()
      } else {
        head.byteOffset += count
        head.byteLength -= count
      }
      this.totalSize -= count
      pullInto.bytesFilled += count
      room -= count
    }
    return isEnough
  }

  clear(): void {
    this.#chunks.takeAll()
    this.totalSize = 0
  }
}
