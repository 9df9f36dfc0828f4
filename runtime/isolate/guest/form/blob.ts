import { tagClass } from '../boot/class-tag.ts'
import { concatBytes, copyBytes, exactBuffer, isBufferSource, viewBytes } from '../language/bytes.ts'
import { registerSerializable } from '../messaging/clone-registry.ts'
import {
  max,
  min,
  stringCharCodeAt,
  stringToLowerCase,
  TypeError,
  trunc,
  typedArrayByteLength,
  typedArraySubarray,
} from '../primordials.ts'
import type { ReadableStream } from '../stream/readable-stream.ts'
import { decodeUtf8 } from '../text/utf8-decode.ts'
import { encodeUtf8 } from '../text/utf8-encode.ts'

export interface BlobOptions {
  type?: string
  endings?: 'transparent' | 'native'
}

export let isBlob: (value: unknown) => value is Blob
/** The blob's own bytes: not to be changed, nor given out. */
export let bytesOfBlob: (blob: Blob) => Uint8Array

/** The File API's `Blob`, in memory. */
export class Blob {
  readonly #bytes: Uint8Array
  readonly #type: string

  constructor(parts: Iterable<unknown> = [], options: BlobOptions = {}) {
    if (typeof parts !== 'object' || parts === null)
      throw new TypeError('Cannot make a blob: parts must be a sequence')
    const chunks: Uint8Array[] = []
    for (const part of parts) chunks[chunks.length] = bytesOfPart(part)
    this.#bytes = concatBytes(chunks)
    this.#type = readType(options.type)
  }

  get size(): number {
    return typedArrayByteLength(this.#bytes)
  }

  get type(): string {
    return this.#type
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return exactBuffer(copyBytes(this.#bytes))
  }

  async bytes(): Promise<Uint8Array> {
    return copyBytes(this.#bytes)
  }

  slice(start = 0, end?: number, type = ''): Blob {
    const { size } = this
    const from = clamp(start, size)
    const to = end === undefined ? size : clamp(end, size)
    return new Blob([typedArraySubarray(this.#bytes, from, max(from, to))], { type })
  }

  stream(): ReadableStream {
    return require('../form/blob-stream.ts').streamOfBlob(this.#bytes)
  }

  async text(): Promise<string> {
    return decodeUtf8(this.#bytes)
  }

  static {
    isBlob = (value): value is Blob => typeof value === 'object' && value !== null && #bytes in value
    bytesOfBlob = (blob) => blob.#bytes
  }
}

tagClass(Blob, 'Blob')
registerSerializable({ is: isBlob, clone: (blob) => blobOf(bytesOfBlob(blob as Blob), (blob as Blob).type) })

export function blobOf(bytes: Uint8Array, type: string): Blob {
  return new Blob([bytes], { type })
}

function bytesOfPart(part: unknown): Uint8Array {
  if (isBufferSource(part)) return viewBytes(part)
  return isBlob(part) ? bytesOfBlob(part) : encodeUtf8(`${part as string}`)
}

function clamp(position: number, size: number): number {
  const whole = trunc(+position) || 0
  return whole < 0 ? max(size + whole, 0) : min(whole, size)
}

/** What is not printable ASCII is no type at all. */
function readType(type: unknown): string {
  if (type === undefined) return ''
  const text = `${type as string}`
  for (let index = 0; index < text.length; index++) {
    const code = stringCharCodeAt(text, index)
    if (code < 32 || code > 126) return ''
  }
  return stringToLowerCase(text)
}
