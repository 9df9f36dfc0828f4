import { freeBytes } from '../../model/free-bytes.ts'
import type { MemoryShare } from './memory-share.ts'

/** Most bytes that are given at once, unless one chunk is longer: joining and decoding them cannot be interrupted. */
const maxPieceBytes = 2 * 1024 * 1024

/** Bytes that the guest has not taken yet, with what they hold of its budget. */
export class CollectedBytes {
  readonly #share: MemoryShare | null
  /** Those from `#next` on. */
  readonly #chunks: Uint8Array[]
  #next = 0
  #heldBytes: number

  constructor(chunks: Uint8Array[], share: MemoryShare | null) {
    this.#chunks = chunks
    this.#share = share
    this.#heldBytes = lengthOf(chunks)
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  get isEmpty(): boolean {
    return this.#next === this.#chunks.length
  }

  /** Whether it takes several calls to take all. */
  get isLong(): boolean {
    return this.#chunks.length > 1 && this.#heldBytes > maxPieceBytes
  }

  /** The next piece. Unless it is the last it ends with a whole character of UTF-8. */
  take(): Uint8Array {
    const first = this.#next
    let length = 0
    while (length < maxPieceBytes && !this.isEmpty) length += this.#chunks[this.#next++]!.byteLength
    const piece = join(this.#chunks, first, this.#next)
    const end = this.isEmpty ? piece.byteLength : endOfCharacters(piece)
    if (end < piece.byteLength) this.#chunks[--this.#next] = piece.slice(end)
    this.#heldBytes -= end
    if (this.isEmpty) this.#share?.release()
    else this.#share?.holdOnly(this.#heldBytes)
    return piece.subarray(0, end)
  }

  /** Nobody will take the rest. */
  drop(): void {
    this.#next = this.#chunks.length
    this.#share?.release()
  }
}

/** These chunks as one; they are used up. */
function join(chunks: Uint8Array[], first: number, end: number): Uint8Array {
  if (end - first === 1) return chunks[first]!
  const joined = chunks.slice(first, end)
  const whole = new Uint8Array(lengthOf(joined))
  let at = 0
  for (const chunk of joined) {
    whole.set(chunk, at)
    at += chunk.byteLength
    freeBytes(chunk)
  }
  return whole
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((length, { byteLength }) => length + byteLength, 0)
}

/** Where the last whole character ends, so that what follows can be decoded by itself. */
function endOfCharacters(bytes: Uint8Array): number {
  for (let length = 1; length <= 3 && length <= bytes.byteLength; length++) {
    const byte = bytes.at(-length)!
    const isContinuation = byte >= 0x80 && byte < 0xc0
    if (isContinuation) continue
    const whole = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    return whole > length ? bytes.byteLength - length : bytes.byteLength
  }
  return bytes.byteLength
}
