import {
  arrayBufferByteLength,
  arrayBufferTransfer,
  DataView,
  dataViewBuffer,
  dataViewByteLength,
  dataViewByteOffset,
  isView,
  TypeError,
  typedArrayBuffer,
  typedArrayByteLength,
  typedArrayByteOffset,
  typedArrayConstructor,
  typedArrayName,
} from '../primordials.ts'

/** A buffer that waits to be filled, with what its owner gets it back as. */
export interface PullInto {
  next: PullInto | null
  buffer: ArrayBuffer
  readonly bufferByteLength: number
  readonly byteOffset: number
  readonly byteLength: number
  bytesFilled: number
  /** It is given back when it holds as many bytes. */
  readonly minimumFill: number
  readonly elementSize: number
  /** The view's class by its name, which only typed arrays have; undefined = `DataView`. */
  readonly viewName: string | undefined
  /** Who gets it: a reader that brought it, one that did not, or nobody any more. */
  reader: 'byob' | 'default' | 'none'
}

/** Where a view's bytes are. */
export interface ViewRange {
  readonly buffer: ArrayBuffer
  readonly byteOffset: number
  readonly byteLength: number
}

/** @throws TypeError if it is no view of an `ArrayBuffer`. */
export function rangeOf(view: unknown): ViewRange {
  if (!isView(view)) throw new TypeError('Cannot use the buffer: must be a view of an ArrayBuffer')
  if (typedArrayName(view) === undefined) {
    const data = view as DataView
    return {
      buffer: dataViewBuffer(data),
      byteOffset: dataViewByteOffset(data),
      byteLength: dataViewByteLength(data),
    }
  }
  return {
    buffer: typedArrayBuffer(view),
    byteOffset: typedArrayByteOffset(view),
    byteLength: typedArrayByteLength(view),
  }
}

export function newPullInto(
  { buffer, byteOffset, byteLength }: ViewRange,
  viewName: string | undefined,
  minimumFill: number,
  reader: PullInto['reader'],
): PullInto {
  return {
    next: null,
    buffer,
    bufferByteLength: arrayBufferByteLength(buffer),
    byteOffset,
    byteLength,
    bytesFilled: 0,
    minimumFill,
    elementSize: elementSizeOf(viewName),
    viewName,
    reader,
  }
}

/** What one element of such a view takes. */
export function elementSizeOf(viewName: string | undefined): number {
  return viewName === undefined ? 1 : typedArrayConstructor(viewName).BYTES_PER_ELEMENT
}

/** The filled part as its owner gets it, in a buffer that nobody else holds. */
export function filledView(pullInto: PullInto): ArrayBufferView {
  const buffer = arrayBufferTransfer(pullInto.buffer)
  const { viewName, byteOffset, bytesFilled, elementSize } = pullInto
  return newView(viewName, buffer, byteOffset, bytesFilled / elementSize)
}

export function newView(
  viewName: string | undefined,
  buffer: ArrayBuffer,
  byteOffset: number,
  length: number,
): ArrayBufferView {
  const View = viewName === undefined ? DataView : typedArrayConstructor(viewName)
  return new View(buffer, byteOffset, length)
}
