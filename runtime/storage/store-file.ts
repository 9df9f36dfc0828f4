/**
 * Looks at the store's file before LMDB does. LMDB makes a new, empty store out of an empty file, and a file that was cut
 * short kills the process (SIGBUS, or a failed assertion) when a page behind its end is read: neither may happen to what
 * people deployed.
 *
 * LMDB's data format 2, as lmdb-js writes it (read off files, traces of system calls and its `getStats()`): a meta at the
 * start of each of the first two pages, written in turn, and in the middle of the first page a third one, which is only
 * written when what it speaks of is on disk.
 */

import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'
import { IsoletteError } from '../model/errors.ts'
import { isTreeWhole } from './store-tree.ts'

const pageHeaderBytes = 24
const magic = 0xbeefc0de
const dataFormat = 2
// Offsets in a meta.
const dataFormatAt = 4
const pageBytesAt = 24
const freeRootAt = 64
const mainRootAt = 112
const lastPageAt = 120
const transactionAt = 128
const metaBytes = 144

/** A sound file can lack some pages at its end, which LMDB has no use for, but not this much. */
const maxMissingBytes = 2 ** 30

/**
 * `lacking`: pages are missing at the end of the file, none of which LMDB has a use for. `restorable`: what was committed
 * last is not in the file, but all that was ever acknowledged is.
 */
export type StoreCondition = 'whole' | 'lacking' | 'restorable'

interface Meta {
  readonly roots: readonly bigint[]
  readonly lastPage: number
  readonly transaction: bigint
}

/** @throws IsoletteError `data_damaged` naming the file, if it is missing or not what LMDB wrote */
export function inspectStoreFile(file: string): StoreCondition {
  return withDescriptor(file, (descriptor) => inspect(file, descriptor))
}

/**
 * For a store that others are writing to, so that no more of it than its first words stands still: LMDB would make a
 * missing file anew, and ends the process over a foreign one.
 *
 * @throws IsoletteError `data_damaged` naming the file, if it is missing or none of LMDB's
 */
export function checkStoreHeader(file: string): void {
  withDescriptor(file, (descriptor) => checkMagic(file, descriptor, readPageBytes(file, descriptor)))
}

function withDescriptor<T>(file: string, work: (descriptor: number) => T): T {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch (cause) {
    throw damaged(file, (cause as Error).message, cause)
  }
  try {
    return work(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Makes a `lacking` file as long as it should be, with a hole that takes no room on disk: telling that nothing is missing
 * takes a look at all of a large store, and once is enough.
 */
export function completeStoreFile(file: string): void {
  const descriptor = openSync(file, 'r+')
  try {
    const pageBytes = readPageBytes(file, descriptor)
    const metas = [readMeta(descriptor, pageHeaderBytes), readMeta(descriptor, pageBytes + pageHeaderBytes)]
    ftruncateSync(descriptor, (Math.max(...metas.map(({ lastPage }) => lastPage)) + 1) * pageBytes)
  } finally {
    closeSync(descriptor)
  }
}

/** For everything that shows that the file is not what was written to it. */
export function damaged(file: string, problem: string, cause?: unknown): IsoletteError {
  return new IsoletteError(
    'data_damaged',
    `Cannot read the store ${file}: ${problem}; restore it from a backup, or move its folder away to begin anew`,
    { details: { file }, cause },
  )
}

function inspect(file: string, descriptor: number): StoreCondition {
  const fileBytes = fstatSync(descriptor).size
  const pageBytes = readPageBytes(file, descriptor)
  checkMagic(file, descriptor, pageBytes)
  const first = readMeta(descriptor, pageHeaderBytes)
  const second = readMeta(descriptor, pageBytes + pageHeaderBytes)
  const neededBytes = (Math.max(first.lastPage, second.lastPage) + 1) * pageBytes
  if (fileBytes >= neededBytes) return 'whole'
  if (neededBytes - fileBytes > maxMissingBytes) {
    throw damaged(file, `it has ${fileBytes} bytes and should have ${neededBytes}`)
  }
  const pages = { descriptor, pageBytes, count: Math.floor(fileBytes / pageBytes) }
  const newest = first.transaction > second.transaction ? first : second
  if (newest.roots.every((root) => isTreeWhole(pages, root))) return 'lacking'
  const flushed = readMeta(descriptor, pageBytes / 2 + pageHeaderBytes)
  if (flushed.roots.every((root) => isTreeWhole(pages, root))) return 'restorable'
  throw damaged(file, `it was cut to ${fileBytes} bytes and should have ${neededBytes}`)
}

function readPageBytes(file: string, descriptor: number): number {
  checkMagic(file, descriptor, 0)
  const pageBytes = readBytes(descriptor, pageHeaderBytes, metaBytes).readUInt32LE(pageBytesAt)
  const isPowerOfTwo = (pageBytes & (pageBytes - 1)) === 0
  if (!isPowerOfTwo || pageBytes < 512 || pageBytes > 65_536) {
    throw damaged(file, `its header speaks of pages of ${pageBytes} bytes`)
  }
  return pageBytes
}

function checkMagic(file: string, descriptor: number, offset: number): void {
  const meta = readBytes(descriptor, offset + pageHeaderBytes, metaBytes)
  if (meta.readUInt32LE(0) !== magic || meta.readUInt32LE(dataFormatAt) !== dataFormat) {
    throw damaged(file, 'its header is not that of a store')
  }
}

function readMeta(descriptor: number, offset: number): Meta {
  const meta = readBytes(descriptor, offset, metaBytes)
  return {
    roots: [meta.readBigUInt64LE(freeRootAt), meta.readBigUInt64LE(mainRootAt)],
    lastPage: Number(meta.readBigUInt64LE(lastPageAt)),
    transaction: meta.readBigUInt64LE(transactionAt),
  }
}

/** What is behind the end of the file reads as zeros. */
function readBytes(descriptor: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  readSync(descriptor, bytes, 0, length, offset)
  return bytes
}
