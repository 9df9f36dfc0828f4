import { tagClass } from '../boot/class-tag.ts'
import { concatBytes, copyBytes, exactBuffer, isBufferSource, viewBytes } from '../language/bytes.ts'
import { newList } from '../language/list.ts'
import { toDictionary, toSequenceOf } from '../language/web-idl.ts'
import { registerSerializable } from '../messaging/clone-registry.ts'
import {
  arrayJoin,
  max,
  min,
  stringCharCodeAt,
  stringIndexOf,
  stringSplit,
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
  readonly endings?: string
  readonly type?: string
}

export let isBlob: (value: unknown) => value is Blob
/** The blob's own bytes: not to be changed, nor given out. */
export let bytesOfBlob: (blob: Blob) => Uint8Array

/** Given in place of parts by the bootstrap, which no guest can name: the bytes are the blob's own from then on. */
export const ownBytes: Iterable<unknown> = { __proto__: null } as never

/** The File API's `Blob`, in memory. */
export class Blob {
  readonly #bytes: Uint8Array
  readonly #type: string

  constructor(
    parts: Iterable<unknown> | undefined = undefined,
    options: BlobOptions | undefined = undefined,
    bytes: Uint8Array | undefined = undefined,
  ) {
    if (parts === ownBytes) {
      this.#bytes = bytes!
      this.#type = readType(options!.type)
      return
    }
    const list = parts === undefined ? newList<Part>() : toSequenceOf(parts, 'the parts of a blob', toPart)
    const { endings, type } = toDictionary(options)
    const isNative = endings !== undefined && readEndings(`${endings}`) === 'native'
    const chunks: Uint8Array[] = newList()
    for (let index = 0; index < list.length; index++) chunks[index] = bytesOfPart(list[index]!, isNative)
    this.#bytes = concatBytes(chunks)
    this.#type = readType(type)
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

  slice(start = 0, end: number | undefined = undefined, type = ''): Blob {
    const { size } = this
    const from = clamp(start, size)
    const to = end === undefined ? size : clamp(end, size)
    return blobOf(typedArraySubarray(this.#bytes, from, max(from, to)), type)
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

/** A blob of bytes that nobody else changes. */
export function blobOf(bytes: Uint8Array, type: string): Blob {
  return new Blob(ownBytes, { type }, bytes)
}

function toPart(part: unknown): Part {
  return isBufferSource(part) || isBlob(part) ? part : `${part as string}`
}

type Part = ArrayBuffer | ArrayBufferView | Blob | string

function bytesOfPart(part: Part, isNative: boolean): Uint8Array {
  if (isBufferSource(part)) return viewBytes(part)
  if (isBlob(part)) return bytesOfBlob(part)
  return encodeUtf8(isNative ? replaceAll(replaceAll(part, '\r\n', '\n'), '\r', '\n') : part)
}

function replaceAll(text: string, search: string, replacement: string): string {
  return stringIndexOf(text, search) === -1 ? text : arrayJoin(stringSplit(text, search), replacement)
}

function readEndings(endings: string): string {
  if (endings === 'transparent' || endings === 'native') return endings
  throw new TypeError(`Cannot make a blob: endings "${endings}", must be transparent or native`)
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
