import type { ByteBudget } from '../../model/byte-budget.ts'
import type { Pending } from '../instance/pending.ts'
import { MemoryShare } from './memory-share.ts'
import type { StreamIds } from './stream-ids.ts'
import { type CompressionFormat, maxInputBytes, ZlibCodec } from './zlib-codec.ts'

interface Codec {
  readonly codec: ZlibCodec
  readonly share: MemoryShare
  /** What it holds from the beginning. */
  readonly ownBytes: number
  /** The request that it ends with; undefined = it ends when no request runs. */
  readonly owner: Pending | undefined
  /** So many bytes of its output it may keep, to look back to. */
  readonly windowBytes: number
  outputBytes: number
}

const kiB = 1024
/** What compressors take, measured; the more for what allocators round up. And the input that waits in them. */
const compressorBytes: Record<CompressionFormat, number> = {
  brotli: 1024 * kiB,
  deflate: 320 * kiB,
  'deflate-raw': 320 * kiB,
  gzip: 320 * kiB,
}
const decompressorBytes = 64 * kiB
/** The largest that Brotli's format has, taken as it is filled. That of the others is in the above. */
const brotliWindowBytes = 16 * 1024 * kiB

const noMemory = 'what the instance sends, receives and compresses must fit into limits.memoryMiB'
const notThere = 'it has ended, or the request that began it'

/**
 * The compressors and decompressors of one instance's guest. They work while they are called, on the caller's thread,
 * so that what they take is charged as all that the host does for a guest.
 */
export class GuestCodecs {
  readonly #ids: StreamIds
  readonly #memory: ByteBudget
  readonly #codecs = new Map<number, Codec>()

  constructor(ids: StreamIds, memory: ByteBudget) {
    this.#ids = ids
    this.#memory = memory
  }

  /** @returns its id; a text if there is no room for it, and why. */
  open(owner: Pending | undefined, format: CompressionFormat, isDecompressing: boolean): number | string {
    const share = new MemoryShare(this.#memory)
    const ownBytes = maxInputBytes + (isDecompressing ? decompressorBytes : compressorBytes[format])
    if (!share.hold(ownBytes)) return noMemory
    const windowBytes = isDecompressing && format === 'brotli' ? brotliWindowBytes : 0
    const codec = new ZlibCodec(format, isDecompressing)
    const id = this.#ids.next()
    this.#codecs.set(id, { codec, share, owner, ownBytes, windowBytes, outputBytes: 0 })
    owner?.keep(id)
    return id
  }

  /** What comes out, see `op.runCodec`; a text if that failed, and why. */
  run(id: number, input: Uint8Array | null, isLast: boolean): Uint8Array | string {
    const entry = this.#codecs.get(id)
    if (entry === undefined) return notThere
    const { codec } = entry
    if (input !== null && codec.wantsInput && input.byteLength <= maxInputBytes) codec.give(input, isLast)
    try {
      const output = codec.run()
      entry.outputBytes += output.byteLength
      const windowBytes = Math.min(entry.outputBytes, entry.windowBytes)
      if (!entry.share.holdOnly(entry.ownBytes + windowBytes)) throw new Error(noMemory)
      if (codec.isFinished) this.close(id)
      return output
    } catch (error) {
      this.close(id)
      return error instanceof Error ? error.message : notThere
    }
  }

  /** Frees its memory. Nothing happens if there is none of that id. */
  close(id: number): void {
    const entry = this.#codecs.get(id)
    if (entry === undefined) return
    this.#codecs.delete(id)
    entry.owner?.letGo(id)
    entry.codec.close()
    entry.share.release()
  }

  closeAll(): void {
    for (const id of this.#codecs.keys()) this.close(id)
  }
}
