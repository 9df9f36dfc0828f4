import { sourceBytes, toBufferSource } from '../crypto/buffer-source.ts'
import { currentRequestId } from '../invocation/current-request.ts'
import { copyBytes, exactBuffer } from '../language/bytes.ts'
import {
  arrayBufferByteLength,
  min,
  TypeError,
  typedArrayByteLength,
  typedArraySubarray,
  Uint8Array,
} from '../primordials.ts'
import type { ChunkWork } from '../stream/own-transform.ts'
import type { TransformState } from '../stream/transform-state.ts'
import { closeCodec, maxCodecInput, maxCodecOutput, openCodec, runCodec } from './host-codec.ts'

const formats = { __proto__: null, brotli: true, deflate: true, 'deflate-raw': true, gzip: true }

/** @throws TypeError if it is no format of the Compression standard. */
export function checkFormat(format: unknown): string {
  const name = `${format as string}`
  if (name in formats) return name
  throw new TypeError(
    `Cannot make a stream: format is "${name}", must be gzip, deflate, deflate-raw or brotli`,
  )
}

/** What a `CompressionStream` or `DecompressionStream` does: the host's zlib works on one piece after the other. */
export class CodecWork implements ChunkWork {
  readonly #format: string
  readonly #isDecompressing: boolean
  readonly #requestId = currentRequestId()
  /** 0 = it was not needed yet. */
  #codecId = 0

  constructor(format: string, isDecompressing: boolean) {
    this.#format = format
    this.#isDecompressing = isDecompressing
  }

  transform(chunk: unknown, output: TransformState): Promise<unknown> {
    const bytes = sourceBytes(toBufferSource(chunk))
    // What does not go over at once its owner may write to meanwhile.
    const kept = typedArrayByteLength(bytes) > maxCodecInput ? copyBytes(bytes) : bytes
    return this.#run(kept, false, output)
  }

  flush(output: TransformState): Promise<unknown> {
    return this.#run(new Uint8Array(0), true, output)
  }

  cancel(): void {
    if (this.#codecId !== 0) closeCodec(this.#codecId)
  }

  /** No more is made than somebody reads: much may come out of few bytes. */
  async #run(bytes: Uint8Array, isLast: boolean, output: TransformState): Promise<void> {
    const length = typedArrayByteLength(bytes)
    let at = 0
    let isFull = false
    do {
      let input: ArrayBuffer | undefined
      if (!isFull) {
        const start = at
        at = min(start + maxCodecInput, length)
        input = exactBuffer(typedArraySubarray(bytes, start, at))
      }
      const piece = this.#step(input, isLast)
      const size = arrayBufferByteLength(piece)
      isFull = size === maxCodecOutput
      if (size === 0) continue
      output.enqueue(new Uint8Array(piece))
      if ((isFull || at < length) && !(await output.whenWanted())) return
    } while (isFull || at < length)
  }

  #step(input: ArrayBuffer | undefined, isLast: boolean): ArrayBuffer {
    if (this.#codecId === 0) this.#codecId = this.#open()
    const answer = runCodec(this.#codecId, input, isLast)
    if (typeof answer === 'string') throw this.#failure(answer)
    return answer
  }

  #open(): number {
    const answer = openCodec(this.#requestId, this.#format, this.#isDecompressing)
    if (typeof answer === 'string') throw this.#failure(answer)
    return answer
  }

  #failure(reason: string): TypeError {
    return new TypeError(`Cannot ${this.#isDecompressing ? 'decompress' : 'compress'}: ${reason}`)
  }
}
