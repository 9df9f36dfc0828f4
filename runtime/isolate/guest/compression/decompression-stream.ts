import { tagClass } from '../boot/class-tag.ts'
import { needArguments } from '../language/web-idl.ts'
import { newTransform, type TransformEnds } from '../stream/own-transform.ts'
import type { ReadableStream } from '../stream/readable-stream.ts'
import type { WritableStream } from '../stream/writable-stream.ts'
import { CodecWork, checkFormat } from './codec-work.ts'

/** The Compression standard's `DecompressionStream`. */
export class DecompressionStream {
  readonly #ends: TransformEnds

  constructor(format: string) {
    needArguments(arguments.length, 1, 'decompress')
    this.#ends = newTransform(new CodecWork(checkFormat(format), true))
  }

  get readable(): ReadableStream {
    return this.#ends.readable
  }

  get writable(): WritableStream {
    return this.#ends.writable
  }
}

tagClass(DecompressionStream, 'DecompressionStream')
