import { tagClass } from '../boot/class-tag.ts'
import { stringCharCodeAt, stringSlice } from '../primordials.ts'
import { type ChunkWork, newTransform, type TransformEnds } from '../stream/own-transform.ts'
import type { ReadableStream } from '../stream/readable-stream.ts'
import type { TransformState } from '../stream/transform-state.ts'
import type { WritableStream } from '../stream/writable-stream.ts'
import { encodeUtf8 } from './utf8-encode.ts'

/** The Encoding standard's `TextEncoderStream`. */
export class TextEncoderStream {
  readonly #ends: TransformEnds = newTransform(new EncodingWork())

  get encoding(): string {
    void this.#ends
    return 'utf-8'
  }

  get readable(): ReadableStream {
    return this.#ends.readable
  }

  get writable(): WritableStream {
    return this.#ends.writable
  }
}

tagClass(TextEncoderStream, 'TextEncoderStream')

/** The first half of a character that ends a chunk waits for the second. Alone it is no character, and becomes U+FFFD. */
class EncodingWork implements ChunkWork {
  #carried = ''

  transform(chunk: unknown, output: TransformState): undefined {
    const text = `${this.#carried}${chunk as string}`
    const last = text.length - 1
    const isCut = last >= 0 && isHighSurrogate(stringCharCodeAt(text, last))
    this.#carried = isCut ? stringSlice(text, last) : ''
    const whole = isCut ? stringSlice(text, 0, last) : text
    if (whole !== '') output.enqueue(encodeUtf8(whole))
  }

  flush(output: TransformState): undefined {
    if (this.#carried !== '') output.enqueue(encodeUtf8(this.#carried))
  }

  cancel(): void {
    // It holds nothing of the host's.
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00
}
