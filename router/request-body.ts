/** Puts a request's body together from the chunks in which it arrives. */
export class RequestBody {
  readonly #chunks: ArrayBuffer[] = []
  #byteLength = 0

  /** Copies the chunk, whose memory is not ours. */
  add(chunk: ArrayBuffer): void {
    if (chunk.byteLength > 0) this.#chunks.push(chunk.slice(0))
    this.#byteLength += chunk.byteLength
  }

  /** The whole body with an `ArrayBuffer` of its own, so that it can be transferred; null if it is empty. */
  take(): Uint8Array | null {
    const [first] = this.#chunks
    if (first === undefined) return null
    if (this.#chunks.length === 1) return new Uint8Array(first)
    const whole = new Uint8Array(this.#byteLength)
    let offset = 0
    for (const chunk of this.#chunks) {
      whole.set(new Uint8Array(chunk), offset)
      offset += chunk.byteLength
    }
    return whole
  }
}
