import { readSync } from 'node:fs'

/** The pages of an LMDB file that are there. */
export interface StorePages {
  readonly descriptor: number
  readonly pageBytes: number
  readonly count: number
}

const noPage = 0xffff_ffff_ffff_ffffn
const pageHeaderBytes = 24
// In a page's header.
const flagsAt = 18
const lowerAt = 20
const overflowCountAt = 20
const branchFlag = 0x01
const leafFlag = 0x02
// In a node's header of 8 bytes: 16 bits of the size (leaf) or page number (branch), 16 more, flags, size of the key.
const nodeHeaderBytes = 8
const overflowNode = 0x01
const tableNode = 0x02
/** In what a leaf of the main tree holds for each table. */
const tableRootAt = 40

/**
 * Whether every page that can be reached from `root`, in it or in the tables it names, is in the file. Reads each branch and
 * leaf page once: some milliseconds for 10 000 functions. Only for files that are shorter than they should be.
 */
export function isTreeWhole(pages: StorePages, root: bigint): boolean {
  const waiting = [root]
  const seen = new Set<bigint>()
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    if (number === noPage || seen.has(number)) continue
    seen.add(number)
    const page = readPage(pages, number)
    if (page === null) return false
    const flags = page.readUInt16LE(flagsAt)
    if ((flags & (branchFlag | leafFlag)) === 0) return false
    for (const node of nodesOf(page)) {
      if ((flags & branchFlag) !== 0) waiting.push(childOf(node))
      else if (!isOverflowWhole(pages, node)) return false
      else if ((node.readUInt16LE(4) & tableNode) !== 0)
        waiting.push(dataOf(node).readBigUInt64LE(tableRootAt))
    }
  }
  return true
}

function* nodesOf(page: Buffer): Generator<Buffer> {
  const count = page.readUInt16LE(lowerAt) / 2
  for (let index = 0; index < count; index++) {
    yield page.subarray(pageHeaderBytes + page.readUInt16LE(pageHeaderBytes + 2 * index))
  }
}

function childOf(node: Buffer): bigint {
  return BigInt(node.readUInt32LE(0)) | (BigInt(node.readUInt16LE(4)) << 32n)
}

function dataOf(node: Buffer): Buffer {
  return node.subarray(nodeHeaderBytes + node.readUInt16LE(6))
}

/** A value that is larger than a page stands in a run of pages of its own. */
function isOverflowWhole(pages: StorePages, node: Buffer): boolean {
  if ((node.readUInt16LE(4) & overflowNode) === 0) return true
  const first = dataOf(node).readBigUInt64LE(0)
  const page = readPage(pages, first)
  return page !== null && first + BigInt(page.readUInt32LE(overflowCountAt)) <= BigInt(pages.count)
}

function readPage({ descriptor, pageBytes, count }: StorePages, number: bigint): Buffer | null {
  if (number >= BigInt(count)) return null
  const page = Buffer.alloc(pageBytes)
  readSync(descriptor, page, 0, pageBytes, Number(number) * pageBytes)
  return page.readBigUInt64LE(0) === number ? page : null
}
