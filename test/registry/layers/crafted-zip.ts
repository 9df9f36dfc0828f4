import { crc32, deflateRawSync } from 'node:zlib'

/** An entry of a zip, true to its content but for what is said otherwise. */
export interface CraftedEntry {
  readonly name: string | Buffer
  readonly content?: string | Buffer
  readonly deflated?: boolean
  /** In the header before the data. */
  readonly localName?: string
  /** Unix kind and permissions. */
  readonly mode?: number
  readonly madeBySystem?: number
  readonly flags?: number
  readonly method?: number
  readonly checksum?: number
  readonly unpackedBytes?: number
  readonly compressedBytes?: number
  /** Instead of the data that the content gives. */
  readonly data?: Buffer
  /** Of the header before the data. */
  readonly offset?: number
  readonly extraField?: Buffer
}

export interface CraftedZip {
  readonly entries: readonly CraftedEntry[]
  readonly entryCount?: number
  readonly directoryOffset?: number
}

const unix = 3

/** A zip as no tool would write it, byte by byte. */
export function craftZip({ entries, entryCount, directoryOffset }: CraftedZip): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const data = dataOf(entry)
    const localName = Buffer.from(entry.localName ?? entry.name)
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04'),
      headerOf(entry, data, localName),
      localName,
      extraOf(entry),
    ])
    bodies.push(local, data)
    directory.push(directoryEntry(entry, data, entry.offset ?? offset))
    offset += local.length + data.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(entryCount ?? entries.length, 8)
  end.writeUInt16LE(entryCount ?? entries.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(directoryOffset ?? offset, 16)
  return Buffer.concat([...bodies, central, end])
}

/** What both headers of an entry have in common. */
function headerOf(entry: CraftedEntry, data: Buffer, name: Buffer): Buffer {
  const content = Buffer.from(entry.content ?? '')
  const header = Buffer.alloc(26)
  header.writeUInt16LE(20, 0)
  header.writeUInt16LE(entry.flags ?? 0, 2)
  header.writeUInt16LE(entry.method ?? (entry.deflated ? 8 : 0), 4)
  header.writeUInt32LE(entry.checksum ?? crc32(content), 10)
  header.writeUInt32LE(entry.compressedBytes ?? data.length, 14)
  header.writeUInt32LE(entry.unpackedBytes ?? content.length, 18)
  header.writeUInt16LE(name.length, 22)
  header.writeUInt16LE(extraOf(entry).length, 24)
  return header
}

function directoryEntry(entry: CraftedEntry, data: Buffer, offset: number): Buffer {
  const name = Buffer.from(entry.name)
  const attributes = Buffer.alloc(14)
  attributes.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6)
  attributes.writeUInt32LE(offset, 10)
  const signature = Buffer.from(`PK\x01\x02\x14${String.fromCharCode(entry.madeBySystem ?? unix)}`)
  return Buffer.concat([signature, headerOf(entry, data, name), attributes, name, extraOf(entry)])
}

function dataOf(entry: CraftedEntry): Buffer {
  if (entry.data !== undefined) return entry.data
  const content = Buffer.from(entry.content ?? '')
  return entry.deflated ? deflateRawSync(content) : content
}

function extraOf({ extraField }: CraftedEntry): Buffer {
  return extraField ?? Buffer.alloc(0)
}
