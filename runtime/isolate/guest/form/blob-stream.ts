import { copyBytes } from '../language/bytes.ts'
import { min, typedArrayByteLength, typedArraySubarray } from '../primordials.ts'
import { newByteStream } from '../stream/own-byte-stream.ts'
import type { ReadableStream } from '../stream/readable-stream.ts'

const chunkBytes = 65_536

/** A blob's bytes, chunk by chunk; each is a copy. */
export function streamOfBlob(bytes: Uint8Array): ReadableStream {
  const length = typedArrayByteLength(bytes)
  let at = 0
  return newByteStream({
    pull(deliver) {
      const start = at
      at = min(start + chunkBytes, length)
      deliver(start === length ? null : copyBytes(typedArraySubarray(bytes, start, at)))
      return undefined
    },
    cancel() {},
  })
}
