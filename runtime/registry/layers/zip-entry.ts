import { crc32 } from 'node:zlib'
import type { Entry } from 'yauzl'
import { badLayer } from './bad-layer.ts'
import { decodeText, notUtf8 } from './layer-paths.ts'

const unicodePathField = 0x7075
const encryptedFlag = 1
const methods = { stored: 0, deflated: 8 }

// What Unix has in the upper half of the attributes.
const kindBits = 0o170000
const kinds = { unsaid: 0, file: 0o100000, folder: 0o040000, link: 0o120000 }

/**
 * The name of an entry as it is meant: without `./` in front, folders with their slash at the end.
 *
 * The flag that says whether it is UTF-8 is not looked at: what macOS writes is, without the flag, and nearly all else is
 * ASCII.
 *
 * @param zip its path, for messages
 * @throws IsoletteError `bad_layer`
 */
export function nameOf(zip: string, entry: Entry): string {
  const name = decodeText(unicodePath(entry) ?? entry.fileNameRaw)
  if (name === null) throw badLayer(zip, notUtf8, entry.fileNameRaw.toString('latin1'))
  // As `tar` names entries when it zips the folder it is in.
  return name.startsWith('./') && name.length > 2 ? name.slice(2) : name
}

/** How Info-ZIP gives a name whose bytes are in another encoding. The field does not hold if somebody changed the name. */
function unicodePath({ extraFields, fileNameRaw }: Entry): Buffer | undefined {
  const field = extraFields.find(({ id, data }) => id === unicodePathField && data.length > 5)
  const holds = field?.data[0] === 1 && field.data.readUInt32LE(1) === crc32(fileNameRaw)
  return holds ? field.data.subarray(5) : undefined
}

/** What an entry must be whatever it is called; null if nothing is wrong. */
export function problemOfEntry(entry: Entry, isFolder: boolean): string | null {
  // Whatever system is said to have made it: unpackers do not agree when they look at this.
  const kind = (entry.externalFileAttributes >>> 16) & kindBits
  if (kind === kinds.link) return 'a link, must be a file or a folder: zip what it leads to'
  if (kind !== kinds.unsaid && kind !== kinds.file && kind !== kinds.folder) {
    return 'a device, a pipe or a socket, must be a file or a folder'
  }
  if (kind === kinds.folder && !isFolder) return 'a folder without a slash at its end, must have one'
  if (isFolder && entry.uncompressedSize > 0) return 'a folder with content, must have none'
  if ((entry.generalPurposeBitFlag & encryptedFlag) !== 0) return 'encrypted, must not be'
  const method = entry.compressionMethod
  if (method !== methods.stored && method !== methods.deflated) {
    return `compressed by method ${method}, must be stored or deflated`
  }
  if (method === methods.stored && entry.compressedSize !== entry.uncompressedSize) {
    return `stored in ${entry.compressedSize} bytes and said to have ${entry.uncompressedSize}, must be as many`
  }
  return null
}
