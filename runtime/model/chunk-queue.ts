/** Chunks shorter than this are put together. */
const smallBytes = 2048
const blockBytes = 16 * 1024

/**
 * Chunks that wait for a reader. Those that are short go into blocks: as objects of their own, each byte of a body that
 * comes byte by byte would take hundreds, and who sends it pays for none of them.
 */
export class ChunkQueue {
  #chunks: Uint8Array[] = []
  /** What was put together after the last of these, and not given yet. */
  #block: Uint8Array | null = null
  #blockLength = 0
  #byteLength = 0

  /** Bytes of all chunks. */
  get byteLength(): number {
    return this.#byteLength
  }

  /** Adds a chunk, which is the queue's from now on. */
  push(bytes: Uint8Array): void {
    if (bytes.byteLength >= smallBytes || this.#isEmpty) this.#append(bytes)
    else this.#putTogether(bytes)
  }

  /** Adds a copy of memory that is somebody else's. */
  pushCopy(memory: ArrayBuffer): void {
    if (memory.byteLength >= smallBytes || this.#isEmpty) this.#append(copyOf(memory))
    else this.#putTogether(new Uint8Array(memory))
  }

  /** Takes the first chunk out. */
  shift(): Uint8Array | undefined {
    if (this.#chunks.length === 0) this.#closeBlock()
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) this.#byteLength -= chunk.byteLength
    return chunk
  }

  clear(): void {
    this.#chunks = []
    this.#block = null
    this.#blockLength = 0
    this.#byteLength = 0
  }

  /** Nobody is waiting behind a chunk that is alone: it need not be copied. */
  get #isEmpty(): boolean {
    return this.#byteLength === 0
  }

  #append(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    this.#closeBlock()
    this.#chunks.push(bytes)
    this.#byteLength += bytes.byteLength
  }

  #putTogether(bytes: Uint8Array): void {
    if (this.#blockLength + bytes.byteLength > blockBytes) this.#closeBlock()
    if (this.#block === null) {
      this.#block = memoryOf(blockBytes)
      this.#blockLength = 0
    }
    this.#block.set(bytes, this.#blockLength)
    this.#blockLength += bytes.byteLength
    this.#byteLength += bytes.byteLength
  }

  #closeBlock(): void {
    const block = this.#block
    if (block === null) return
    this.#block = null
    // Copied if it is far from full: the reader may keep it.
    const length = this.#blockLength
    this.#blockLength = 0
    this.#chunks.push(length > blockBytes / 2 ? block.subarray(0, length) : block.slice(0, length))
  }
}

function copyOf(memory: ArrayBuffer): Uint8Array {
  const copy = memoryOf(memory.byteLength)
  copy.set(new Uint8Array(memory))
  return copy
}

/** Memory of its own, which is not filled with zeros first. */
function memoryOf(byteLength: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(byteLength).buffer)
}
