/**
 * Looks at the store's file before LMDB does. LMDB makes a new, empty store out of an empty file, and a file that was cut
 * short kills the process (SIGBUS) when a page behind its end is read: neither may happen to what people deployed.
 *
 * Layout of LMDB's data format 2 as lmdb-js writes it (no stable C header is shipped with it; read off files and its
 * `getStats()`): two copies of the meta page, at 0 and at one page, each with the offsets below.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { IsoletteError } from '../model/errors.ts'

const magicAt = 24
const magic = 0xbeefc0de
const dataFormatAt = 28
const dataFormat = 2
const pageBytesAt = 48
const lastPageAt = 144
const metaBytes = 152

/** A store can be cut this much shorter than its meta page says without harm: LMDB does not write pages it has no use for. */
const maxMissingBytes = 2 ** 30

export interface StoreExtent {
  readonly fileBytes: number
  /** Where the last page ends that the meta pages know of; may lie behind the end of the file. */
  readonly neededBytes: number
}

/** @throws IsoletteError `data_damaged` naming the file, if it is missing or was not written by LMDB as a whole */
export function inspectStoreFile(file: string): StoreExtent {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch (cause) {
    throw damaged(file, (cause as Error).message, cause)
  }
  try {
    const fileBytes = fstatSync(descriptor).size
    const first = readMeta(descriptor, file, 0)
    const second = readMeta(descriptor, file, first.pageBytes)
    const lastPage = Math.max(first.lastPage, second.lastPage)
    const neededBytes = (lastPage + 1) * first.pageBytes
    if (neededBytes - fileBytes > maxMissingBytes) {
      throw damaged(file, `it has ${fileBytes} bytes and should have ${neededBytes}`)
    }
    return { fileBytes, neededBytes }
  } finally {
    closeSync(descriptor)
  }
}

function readMeta(descriptor: number, file: string, offset: number): { pageBytes: number; lastPage: number } {
  const meta = Buffer.alloc(metaBytes)
  const readBytes = readSync(descriptor, meta, 0, metaBytes, offset)
  if (readBytes < metaBytes) throw damaged(file, 'it is cut off in its header')
  if (meta.readUInt32LE(magicAt) !== magic || meta.readUInt32LE(dataFormatAt) !== dataFormat) {
    throw damaged(file, 'its header is not that of a store')
  }
  const pageBytes = meta.readUInt32LE(pageBytesAt)
  const lastPage = Number(meta.readBigUInt64LE(lastPageAt))
  const isPowerOfTwo = (pageBytes & (pageBytes - 1)) === 0
  if (!isPowerOfTwo || pageBytes < 512 || pageBytes > 65_536) {
    throw damaged(file, `its header speaks of pages of ${pageBytes} bytes`)
  }
  return { pageBytes, lastPage }
}

/** For everything that shows that the file is not what was written to it. */
export function damaged(file: string, problem: string, cause?: unknown): IsoletteError {
  return new IsoletteError(
    'data_damaged',
    `Cannot read the store ${file}: ${problem}; restore it from a backup, or move its folder away to begin anew`,
    { details: { file }, cause },
  )
}
