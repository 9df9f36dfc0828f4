import { ChunkQueue } from '../../runtime/index.ts'

/** Puts a request's body together from the chunks in which it arrives. */
export class RequestBody {
  readonly #chunks = new ChunkQueue()

  /**
   * Copies the chunk, whose memory is not ours. Into a `Buffer`, of which small ones share memory: `ArrayBuffer.slice`
   * takes ten times as long, and leaves as much to the garbage collector.
   */
  add(chunk: ArrayBuffer): void {
    if (chunk.byteLength > 0) this.#chunks.push(Buffer.from(new Uint8Array(chunk)))
  }

  /** The whole body, once; null if it is empty. */
  take(): Uint8Array | null {
    return joinChunks(this.#chunks)
  }
}

/** What waits in the queue, as one; null if that is nothing. */
export function joinChunks(chunks: ChunkQueue): Uint8Array | null {
  const { byteLength } = chunks
  const first = chunks.shift()
  if (first === undefined || first.byteLength === byteLength) return first ?? null
  const whole = new Uint8Array(byteLength)
  let at = 0
  for (let chunk: Uint8Array | undefined = first; chunk !== undefined; chunk = chunks.shift()) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
