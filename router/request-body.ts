/** Puts a request's body together from the chunks in which it arrives. */
export class RequestBody {
  readonly #chunks: Buffer[] = []
  #byteLength = 0

  /**
   * Copies the chunk, whose memory is not ours. Into a `Buffer`, of which small ones share memory: `ArrayBuffer.slice`
   * takes ten times as long, and leaves as much to the garbage collector.
   */
  add(chunk: ArrayBuffer): void {
    if (chunk.byteLength > 0) this.#chunks.push(Buffer.from(new Uint8Array(chunk)))
    this.#byteLength += chunk.byteLength
  }

  /** The whole body; null if it is empty. */
  take(): Uint8Array | null {
    const [first] = this.#chunks
    if (first === undefined) return null
    return this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#byteLength)
  }
}
