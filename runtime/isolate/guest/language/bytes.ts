import {
  arrayBufferByteLength,
  dataViewBuffer,
  dataViewByteLength,
  dataViewByteOffset,
  isView,
  sharedBufferByteLength,
  typedArrayBuffer,
  typedArrayByteLength,
  typedArrayByteOffset,
  typedArrayName,
  typedArraySet,
  Uint8Array,
} from '../primordials.ts'

/** Whether `value` is an `ArrayBuffer` or a view of one. */
export function isBufferSource(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return isView(value) || isArrayBuffer(value)
}

/** Whatever its prototype was made to be. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  if (typeof value !== 'object' || value === null) return false
  try {
    arrayBufferByteLength(value as ArrayBuffer)
    return true
  } catch {
    return false
  }
}

/** Whether it is a `SharedArrayBuffer`, whatever its prototype was made to be. */
export function isSharedBuffer(value: unknown): value is SharedArrayBuffer {
  if (typeof value !== 'object' || value === null) return false
  try {
    sharedBufferByteLength(value as SharedArrayBuffer)
    return true
  } catch {
    return false
  }
}

/** The same bytes, without a copy. */
export function viewBytes(source: ArrayBufferLike | ArrayBufferView): Uint8Array {
  if (!isView(source)) return new Uint8Array(source)
  if (typedArrayName(source) === undefined) {
    const view = source as DataView
    return new Uint8Array(dataViewBuffer(view), dataViewByteOffset(view), dataViewByteLength(view))
  }
  return new Uint8Array(typedArrayBuffer(source), typedArrayByteOffset(source), typedArrayByteLength(source))
}

/** A copy that nobody else holds. */
export function copyBytes(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  const bytes = viewBytes(source)
  const copy = new Uint8Array(typedArrayByteLength(bytes))
  typedArraySet(copy, bytes, 0)
  return copy
}

/** A buffer of just these bytes; the view's own if it covers the whole of it. */
export function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  const buffer = typedArrayBuffer(bytes)
  const start = typedArrayByteOffset(bytes)
  const length = typedArrayByteLength(bytes)
  if (start === 0 && isArrayBuffer(buffer) && arrayBufferByteLength(buffer) === length) return buffer
  return typedArrayBuffer(copyBytes(bytes))
}

export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (let index = 0; index < chunks.length; index++) length += typedArrayByteLength(chunks[index]!)
  const all = new Uint8Array(length)
  let at = 0
  for (let index = 0; index < chunks.length; index++) {
    typedArraySet(all, chunks[index]!, at)
    at += typedArrayByteLength(chunks[index]!)
  }
  return all
}
