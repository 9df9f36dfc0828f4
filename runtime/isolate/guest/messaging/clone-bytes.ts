import {
  ArrayBuffer,
  arrayBufferByteLength,
  arrayBufferDetached,
  arrayBufferMaxByteLength,
  arrayBufferResizable,
  DataView,
  dataViewBuffer,
  dataViewByteLength,
  dataViewByteOffset,
  floor,
  typedArrayBuffer,
  typedArrayByteOffset,
  typedArrayConstructor,
  typedArrayKeys,
  typedArrayLength,
  typedArrayName,
  typedArraySet,
  Uint8Array,
} from '../primordials.ts'
import { dataCloneError } from './clone-error.ts'

/** A copy, resizable as the original is. */
export function cloneBuffer(buffer: ArrayBuffer): ArrayBuffer {
  if (arrayBufferDetached(buffer)) throw dataCloneError('a detached ArrayBuffer')
  const byteLength = arrayBufferByteLength(buffer)
  const copy = arrayBufferResizable(buffer)
    ? new ArrayBuffer(byteLength, {
        __proto__: null,
        maxByteLength: arrayBufferMaxByteLength(buffer),
      } as object)
    : new ArrayBuffer(byteLength)
  typedArraySet(new Uint8Array(copy), new Uint8Array(buffer), 0)
  return copy
}

/** What a view is, apart from its buffer. */
export interface ViewShape {
  /** Of a typed array its class, of a DataView undefined. */
  readonly name: string | undefined
  readonly offset: number
  /** In elements; undefined = as far as the buffer goes, however it is resized. */
  readonly length: number | undefined
}

export function bufferOf(view: ArrayBufferView): ArrayBuffer {
  return typedArrayName(view) === undefined ? dataViewBuffer(view as DataView) : typedArrayBuffer(view)
}

/** @throws DOMException `DataCloneError` if its buffer is gone or too short. */
export function shapeOf(view: ArrayBufferView): ViewShape {
  const name = typedArrayName(view)
  const buffer = bufferOf(view)
  let offset: number
  let length: number
  let elementBytes = 1
  try {
    if (name === undefined) {
      offset = dataViewByteOffset(view as DataView)
      length = dataViewByteLength(view as DataView)
    } else {
      typedArrayKeys(view)
      offset = typedArrayByteOffset(view)
      length = typedArrayLength(view)
      elementBytes = typedArrayConstructor(name).BYTES_PER_ELEMENT
    }
  } catch {
    throw dataCloneError('a view beyond the end of its buffer')
  }
  // The language does not tell the views that follow their buffer from those that end with it by chance.
  const reachesEnd = length === floor((arrayBufferByteLength(buffer) - offset) / elementBytes)
  return { name, offset, length: reachesEnd && isResizable(buffer) ? undefined : length }
}

/** False of a SharedArrayBuffer. */
function isResizable(buffer: ArrayBuffer): boolean {
  try {
    return arrayBufferResizable(buffer)
  } catch {
    return false
  }
}

export function makeView(buffer: ArrayBuffer, { name, offset, length }: ViewShape): ArrayBufferView {
  const View = name === undefined ? DataView : typedArrayConstructor(name)
  return new View(buffer, offset, length)
}
