/** Puts a request's body together from the chunks in which it arrives. */
export class RequestBody {
  readonly #maxBytes: number
  readonly #chunks: ArrayBuffer[] = []
  /** Bytes held so far. */
  byteLength = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Copies the chunk, whose memory is not ours. False if the body is now over its limit: then nothing is copied. */
  add(chunk: ArrayBuffer): boolean {
    if (this.byteLength + chunk.byteLength > this.#maxBytes) return false
    if (chunk.byteLength > 0) this.#chunks.push(chunk.slice(0))
    this.byteLength += chunk.byteLength
    return true
  }

  /** The whole body with an `ArrayBuffer` of its own, so that it can be transferred; null if it is empty. */
  take(): Uint8Array | null {
    const [first] = this.#chunks
    if (first === undefined) return null
    if (this.#chunks.length === 1) return new Uint8Array(first)
    const whole = new Uint8Array(this.byteLength)
    let offset = 0
    for (const chunk of this.#chunks) {
      whole.set(new Uint8Array(chunk), offset)
      offset += chunk.byteLength
    }
    return whole
  }
}
