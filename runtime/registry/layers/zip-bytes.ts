import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { Readable } from 'node:stream'
import { RandomAccessReader } from 'yauzl'
import { fixedLimits } from '../../model/limits.ts'
import { badLayer } from './bad-layer.ts'

const { maxLayerZipBytes } = fixedLimits
const windowBytes = 64 * 1024

/**
 * A zip's bytes as yauzl asks for them. Its headers are short and stand close together: read one by one through the
 * thread pool, those of 20 000 entries took 3 s of CPU; out of a window that is read at once, 0.5 s with all checks.
 */
export class ZipBytes extends RandomAccessReader implements Disposable {
  readonly size: number
  readonly #descriptor: number
  #window: Buffer = Buffer.alloc(0)
  #windowStart = 0

  /** @throws IsoletteError `bad_layer` if it cannot be opened or is too large */
  constructor(zip: string) {
    super()
    // A pipe is not waited for.
    this.#descriptor = openFile(zip)
    this.size = fstatSync(this.#descriptor).size
    if (this.size > maxLayerZipBytes) {
      this[Symbol.dispose]()
      throw badLayer(zip, `a zip of ${this.size} bytes, must be at most ${maxLayerZipBytes}`)
    }
  }

  /** @throws Error if there are not so many bytes */
  take(position: number, length: number): Buffer {
    // Also what no file reaches, which the system would not take for a position.
    if (position + length > this.size) throw new Error('it ends too early')
    const bytes = Buffer.allocUnsafe(length)
    for (let filled = 0; filled < length; ) {
      const read = readSync(this.#descriptor, bytes, filled, length - filled, position + filled)
      if (read === 0) throw new Error('it was cut while it was read')
      filled += read
    }
    return bytes
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    try {
      this.#look(position, length).copy(buffer, offset)
    } catch (error) {
      callback(error as Error)
      return
    }
    callback(null)
  }

  override _readStreamForRange(start: number, end: number): Readable {
    // A file's own stream would close the file when it is destroyed.
    return Readable.from(this.#chunks(start, end))
  }

  /** For yauzl, which does not own the file. */
  override close(callback: (error: Error | null) => void): void {
    callback(null)
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }

  *#chunks(start: number, end: number): Generator<Buffer> {
    for (let at = start; at < end; at += windowBytes) yield this.take(at, Math.min(windowBytes, end - at))
  }

  /** Of a window around it, if it is short. */
  #look(position: number, length: number): Buffer {
    const end = this.#windowStart + this.#window.length
    if (position < this.#windowStart || position + length > end) {
      const left = Math.max(this.size - position, 0)
      this.#window = this.take(position, Math.max(length, Math.min(windowBytes, left)))
      this.#windowStart = position
    }
    const at = position - this.#windowStart
    return this.#window.subarray(at, at + length)
  }
}

function openFile(zip: string): number {
  try {
    return openSync(zip, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    throw badLayer(zip, (cause as Error).message, undefined, cause)
  }
}
