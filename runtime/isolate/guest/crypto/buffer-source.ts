import { isArrayBuffer, viewBytes } from '../language/bytes.ts'
import {
  arrayBufferByteLength,
  dataViewBuffer,
  dataViewByteLength,
  isView,
  TypeError,
  typedArrayBuffer,
  typedArrayByteLength,
  typedArrayName,
  Uint8Array,
} from '../primordials.ts'

export type BufferSource = ArrayBuffer | ArrayBufferView

/**
 * Web IDL's `BufferSource`. Not over shared memory.
 *
 * @throws TypeError
 */
export function toBufferSource(value: unknown): BufferSource {
  if (isView(value)) {
    if (isArrayBuffer(bufferOf(value))) return value
    throw new TypeError('Cannot take bytes: a view of shared memory, must be of an ArrayBuffer')
  }
  if (isArrayBuffer(value)) return value
  throw new TypeError('Cannot take bytes: must be an ArrayBuffer or a view of one')
}

/**
 * The bytes without a copy; none if the buffer was transferred away.
 *
 * @throws TypeError for a `DataView` of such a buffer, or of one that has become too small: it has no length
 */
export function sourceBytes(source: BufferSource): Uint8Array {
  return sourceLength(source) === 0 ? new Uint8Array(0) : viewBytes(source)
}

function sourceLength(source: BufferSource): number {
  if (!isView(source)) return arrayBufferByteLength(source)
  return isTypedArray(source) ? typedArrayByteLength(source) : dataViewByteLength(source as DataView)
}

function bufferOf(view: ArrayBufferView): ArrayBufferLike {
  return isTypedArray(view) ? typedArrayBuffer(view) : dataViewBuffer(view as DataView)
}

function isTypedArray(view: ArrayBufferView): boolean {
  return typedArrayName(view) !== undefined
}
