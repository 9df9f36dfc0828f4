import { crc32, inflateRawSync } from 'node:zlib'
import type { Entry, ZipFile } from 'yauzl'
import { badLayer } from './bad-layer.ts'
import type { ZipBytes } from './zip-bytes.ts'

/**
 * Up to here an entry is unpacked in one go: the streams that a larger one needs take 0.25 ms to make and to end, 5 s for
 * 20 000 small files.
 */
const wholeBytes = 256 * 1024

/** An entry whose names and announced sizes were checked. */
export interface CheckedEntry {
  readonly path: string
  readonly entry: Entry
  /** Where its data begins in the zip. */
  readonly dataStart: number
}

/**
 * The bytes of an entry, as long as they are what was announced.
 *
 * @throws IsoletteError `bad_layer` at the byte that is too much, or at the end for a wrong size or checksum
 */
export async function* unpackEntry(
  zip: string,
  { zipFile, bytes }: { readonly zipFile: ZipFile; readonly bytes: ZipBytes },
  checked: CheckedEntry,
): AsyncGenerator<Uint8Array> {
  const { path, entry } = checked
  let unpackedBytes = 0
  let checksum = 0
  try {
    const isSmall = Math.max(entry.uncompressedSize, entry.compressedSize) <= wholeBytes
    const chunks = isSmall ? [unpackWhole(bytes, checked)] : await zipFile.openReadStreamPromise(entry)
    for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
      unpackedBytes += chunk.length
      if (unpackedBytes > entry.uncompressedSize) break
      checksum = crc32(chunk, checksum)
      yield chunk
    }
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') {
      throw badLayer(zip, `does not unpack (${(cause as Error).message}), must be whole`, path, cause)
    }
    unpackedBytes = Number.POSITIVE_INFINITY
  }
  const { uncompressedSize } = entry
  if (unpackedBytes > uncompressedSize) {
    throw badLayer(zip, `more than the ${uncompressedSize} bytes announced, must be as many`, path)
  }
  if (unpackedBytes < uncompressedSize) {
    throw badLayer(zip, `${unpackedBytes} bytes, must be the ${uncompressedSize} announced`, path)
  }
  if (checksum !== entry.crc32) {
    throw badLayer(zip, `the checksum ${hex(checksum)}, must be the ${hex(entry.crc32)} announced`, path)
  }
}

function unpackWhole(bytes: ZipBytes, { entry, dataStart }: CheckedEntry): Buffer {
  const { compressionMethod, compressedSize, uncompressedSize } = entry
  const data = bytes.take(dataStart, compressedSize)
  if (compressionMethod === 0) return data
  return inflateRawSync(data, {
    maxOutputLength: Math.max(uncompressedSize, 1),
    chunkSize: Math.max(uncompressedSize + 1, 64),
  })
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0')
}
