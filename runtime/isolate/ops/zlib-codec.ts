import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createDeflateRaw,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
} from 'node:zlib'

/** What guests name formats by; those of Node's `CompressionStream`. */
export type CompressionFormat = 'brotli' | 'deflate' | 'deflate-raw' | 'gzip'

/** Most bytes that go in at one call, which nothing can interrupt: compressing them takes 0.3 ms, at worst 3 ms. */
export const maxInputBytes = 16 * 1024
/** Most that come out at one call. */
export const maxOutputBytes = 64 * 1024

/**
 * What `node:zlib` itself calls for its functions that end in `Sync`. There is no documented way to do that bit by bit;
 * the documented streams go to another thread for each chunk, which takes 100 µs where the work takes 30. Node's version
 * is pinned, and `test/isolate/ops/zlib-codec.test.ts` says when this is no longer so.
 */
interface ZlibHandle {
  writeSync(
    flush: number,
    input: Uint8Array | null,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void
  close(): void
  onerror: (message: string, errno: number, code: string) => void
}

interface ZlibStream {
  readonly _handle: ZlibHandle
  /** After a call: room that was not used, and input that was not read. */
  readonly _writeState: Uint32Array
}

interface FlushFlags {
  readonly none: number
  readonly finish: number
}

const zlibFlags: FlushFlags = { none: constants.Z_NO_FLUSH, finish: constants.Z_FINISH }
const brotliFlags: FlushFlags = {
  none: constants.BROTLI_OPERATION_PROCESS,
  finish: constants.BROTLI_OPERATION_FINISH,
}

/** Brotli's default compresses 1 MB in a second; so it takes the time of gzip, and less room. */
const brotliParams = { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 }

const compressors: Record<CompressionFormat, () => unknown> = {
  brotli: () => createBrotliCompress({ params: brotliParams }),
  deflate: () => createDeflate(),
  'deflate-raw': () => createDeflateRaw(),
  gzip: () => createGzip(),
}

const decompressors: Record<CompressionFormat, () => unknown> = {
  brotli: () => createBrotliDecompress(),
  deflate: () => createInflate(),
  'deflate-raw': () => createInflateRaw(),
  gzip: () => createGunzip(),
}

export function isCompressionFormat(name: unknown): name is CompressionFormat {
  return typeof name === 'string' && Object.hasOwn(compressors, name)
}

/** Where output lies until it is copied: all codecs of a thread take turns. */
const output = new Uint8Array(maxOutputBytes)
const nothing = new Uint8Array()

/** Compresses or decompresses bit by bit, while it is called. */
export class ZlibCodec {
  readonly #stream: ZlibStream
  readonly #flags: FlushFlags
  #input: Uint8Array = nothing
  #inputOffset = 0
  #isLast = false
  #isFinished = false
  #failure: string | null = null
  #isClosed = false

  constructor(format: CompressionFormat, isDecompressing: boolean) {
    const create = (isDecompressing ? decompressors : compressors)[format]
    this.#stream = create() as ZlibStream
    this.#flags = format === 'brotli' ? brotliFlags : zlibFlags
    this.#stream._handle.onerror = (message) => {
      this.#failure = message
    }
  }

  /** Whether it has read all that it was given. */
  get wantsInput(): boolean {
    return this.#input.byteLength === 0 && !this.#isLast
  }

  /** Whether nothing more comes out of it. */
  get isFinished(): boolean {
    return this.#isFinished
  }

  /** Gives it more. What it was given before must be used up, and have not been the last. */
  give(input: Uint8Array, isLast: boolean): void {
    this.#input = input
    this.#inputOffset = 0
    this.#isLast = isLast
  }

  /**
   * What comes out of it, at most `maxOutputBytes`: if it is as much, there may be more. It lies where the next call of any
   * codec writes.
   *
   * @throws Error with zlib's reason if the input is wrong. It is closed then.
   */
  run(): Uint8Array {
    // The handle would end the process.
    if (this.#isClosed) throw new Error('it is closed')
    const { _handle: handle, _writeState: state } = this.#stream
    const offered = this.#input.byteLength - this.#inputOffset
    const flush = this.#isLast ? this.#flags.finish : this.#flags.none
    handle.writeSync(flush, this.#input, this.#inputOffset, offered, output, 0, maxOutputBytes)
    const [room, left] = state as unknown as [number, number]
    // What is not read though there is room comes after the end.
    if (left > 0 && room > 0) this.#failure ??= 'there is more after the end'
    if (this.#failure !== null) {
      this.close()
      throw new Error(this.#failure)
    }
    this.#inputOffset += offered - left
    if (left === 0) this.give(nothing, this.#isLast)
    this.#isFinished = this.#isLast && left === 0 && room > 0
    return output.subarray(0, maxOutputBytes - room)
  }

  /** Frees its memory. May be called again. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#input = nothing
    this.#stream._handle.close()
  }
}
