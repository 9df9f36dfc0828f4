import { tagClass } from '../boot/class-tag.ts'
import { needArguments } from '../language/web-idl.ts'
import { newTransform, type TransformEnds } from '../stream/own-transform.ts'
import type { ReadableStream } from '../stream/readable-stream.ts'
import type { WritableStream } from '../stream/writable-stream.ts'
import { CodecWork, checkFormat } from './codec-work.ts'

/** The Compression standard's `CompressionStream`. */
export class CompressionStream {
  readonly #ends: TransformEnds

  constructor(format: string) {
    needArguments(arguments.length, 1, 'compress')
    this.#ends = newTransform(new CodecWork(checkFormat(format), false))
  }

  get readable(): ReadableStream {
    return this.#ends.readable
  }

  get writable(): WritableStream {
    return this.#ends.writable
  }
}

tagClass(CompressionStream, 'CompressionStream')
