import { tagClass } from '../boot/class-tag.ts'
import { Uint8Array } from '../primordials.ts'
import { type ChunkWork, newTransform, type TransformEnds } from '../stream/own-transform.ts'
import type { ReadableStream } from '../stream/readable-stream.ts'
import type { TransformState } from '../stream/transform-state.ts'
import type { WritableStream } from '../stream/writable-stream.ts'
import { decodeWith, encodedBytes, TextDecoder, type TextDecoderOptions } from './text-decoder.ts'

/** The Encoding standard's `TextDecoderStream`. */
export class TextDecoderStream {
  readonly #decoder: TextDecoder
  readonly #ends: TransformEnds

  constructor(label = 'utf-8', options: TextDecoderOptions | undefined = undefined) {
    this.#decoder = new TextDecoder(label, options)
    this.#ends = newTransform(new DecodingWork(this.#decoder))
  }

  get encoding(): string {
    return this.#decoder.encoding
  }

  get fatal(): boolean {
    return this.#decoder.fatal
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM
  }

  get readable(): ReadableStream {
    return this.#ends.readable
  }

  get writable(): WritableStream {
    return this.#ends.writable
  }
}

tagClass(TextDecoderStream, 'TextDecoderStream')

class DecodingWork implements ChunkWork {
  readonly #decoder: TextDecoder

  constructor(decoder: TextDecoder) {
    this.#decoder = decoder
  }

  transform(chunk: unknown, output: TransformState): undefined {
    this.#decode(encodedBytes(chunk), true, output)
  }

  flush(output: TransformState): undefined {
    this.#decode(new Uint8Array(0), false, output)
  }

  #decode(bytes: Uint8Array, isMoreComing: boolean, output: TransformState): void {
    const text = decodeWith(this.#decoder, bytes, isMoreComing)
    if (text !== '') output.enqueue(text)
  }

  cancel(): void {
    // It holds nothing of the host's.
  }
}
