import { type Entry, fromRandomAccessReaderPromise, type ZipFile } from 'yauzl'
import { IsoletteError } from '../../model/errors.ts'
import { fixedLimits } from '../../model/limits.ts'
import { badLayer, show } from './bad-layer.ts'
import { LayerPaths } from './layer-paths.ts'
import { inOrder, type LayerSource } from './layer-source.ts'
import { LeftOutEntries } from './left-out-entries.ts'
import { type EntrySpan, refuseOverlaps, UnpackedSize } from './zip-bounds.ts'
import { ZipBytes } from './zip-bytes.ts'
import { nameOf, problemOfEntry } from './zip-entry.ts'
import { type CheckedEntry, unpackEntry } from './zip-unpacking.ts'

const { maxLayerEntries } = fixedLimits
const directoryEntrySignature = 0x02014b50

/**
 * Reads the central directory of a zip and the headers of all its entries, and checks them; nothing is unpacked yet.
 *
 * @throws IsoletteError `bad_layer`
 */
export async function readZip(zip: string): Promise<LayerSource> {
  const bytes = new ZipBytes(zip)
  try {
    const zipFile = await openZip(bytes)
    const directory = new Directory(zip, zipFile, bytes)
    await directory.read()
    const files = directory.files.map((checked) => ({
      path: checked.path,
      read: () => unpackEntry(zip, { zipFile, bytes }, checked),
    }))
    return {
      files: inOrder(files),
      warnings: directory.leftOut.warnings(),
      [Symbol.dispose]: () => bytes[Symbol.dispose](),
    }
  } catch (cause) {
    bytes[Symbol.dispose]()
    if (cause instanceof IsoletteError) throw cause
    const problem = (cause as Error).message.replace(/\.$/, '')
    throw badLayer(zip, `${problem}, must be a whole zip`, undefined, cause)
  }
}

function openZip(bytes: ZipBytes): Promise<ZipFile> {
  return fromRandomAccessReaderPromise(bytes, bytes.size, {
    autoClose: false,
    // Names and sizes are checked here, where a refusal can say of which entry.
    decodeStrings: false,
    validateEntrySizes: false,
  })
}

class Directory {
  readonly files: CheckedEntry[] = []
  readonly leftOut = new LeftOutEntries()
  readonly #zip: string
  readonly #zipFile: ZipFile
  readonly #bytes: ZipBytes
  readonly #paths: LayerPaths
  readonly #size: UnpackedSize
  readonly #spans: EntrySpan[] = []

  constructor(zip: string, zipFile: ZipFile, bytes: ZipBytes) {
    this.#zip = zip
    this.#zipFile = zipFile
    this.#bytes = bytes
    this.#paths = new LayerPaths(zip)
    this.#size = new UnpackedSize(zip)
  }

  async read(): Promise<void> {
    const { entryCount } = this.#zipFile
    if (entryCount > maxLayerEntries) {
      throw badLayer(this.#zip, `${entryCount} entries, must be at most ${maxLayerEntries}`)
    }
    const start = this.#cursor
    const entries: { readonly name: string; readonly entry: Entry }[] = []
    for await (const entry of this.#zipFile.eachEntry()) {
      entries.push({ name: nameOf(this.#zip, entry), entry })
    }
    this.#refuseMoreEntries()
    for (const { name, entry } of entries) {
      this.#size.add(name, entry)
      const dataStart = await this.#locate(name, entry)
      this.#enter(name, entry, dataStart)
    }
    refuseOverlaps(this.#zip, this.#spans, start)
  }

  /** The count has 16 bits in most zips: others that are there would be seen by some and not by others. */
  #refuseMoreEntries(): void {
    const { entryCount } = this.#zipFile
    if (this.#bytes.take(this.#cursor, 4).readUInt32LE() === directoryEntrySignature) {
      throw badLayer(this.#zip, `more than the ${entryCount} entries announced, must be as many`)
    }
  }

  /** Where the entry's data begins. */
  async #locate(name: string, entry: Entry): Promise<number> {
    const header = await this.#zipFile.readLocalFileHeaderPromise(entry)
    if (!header.fileName.equals(entry.fileNameRaw)) {
      const other = show(header.fileName.toString('latin1'))
      throw badLayer(this.#zip, `called ${other} where it stands, must have one name`, name)
    }
    this.#spans.push({
      name,
      start: entry.relativeOffsetOfLocalHeader,
      end: header.fileDataStart + entry.compressedSize,
    })
    return header.fileDataStart
  }

  #enter(name: string, entry: Entry, dataStart: number): void {
    // The root itself.
    if (name === './') return
    const isFolder = name.endsWith('/')
    const path = isFolder ? name.slice(0, -1) : name
    this.#paths.check(path)
    if (this.leftOut.leavesOut(path, isFolder)) return
    const problem = problemOfEntry(entry, isFolder)
    if (problem !== null) throw badLayer(this.#zip, problem, name)
    if (isFolder) {
      this.#paths.addFolder(path)
    } else {
      this.#paths.addFile(path)
      this.files.push({ path, entry, dataStart })
    }
  }

  /** yauzl's types say that it is a boolean. */
  get #cursor(): number {
    return Number(this.#zipFile.readEntryCursor)
  }
}
