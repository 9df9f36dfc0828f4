import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs'
import { join } from 'node:path'
import { fixedLimits } from '../../model/limits.ts'
import { badLayer } from './bad-layer.ts'
import { decodeText, LayerPaths, notUtf8 } from './layer-paths.ts'
import { inOrder, type LayerSource, type SourceFile } from './layer-source.ts'
import { LeftOutEntries } from './left-out-entries.ts'

const { maxLayerBytes, maxLayerEntries } = fixedLimits
const chunkBytes = 256 * 1024

/**
 * Walks a folder as a layer. Links are refused: what they lead to may be anywhere and change.
 *
 * @throws IsoletteError `bad_layer`
 */
export function readFolder(folder: string): LayerSource {
  const walk = new Walk(folder)
  walk.run()
  return { files: inOrder(walk.files), warnings: walk.leftOut.warnings(), [Symbol.dispose]() {} }
}

class Walk {
  readonly files: SourceFile[] = []
  readonly leftOut = new LeftOutEntries()
  readonly #folder: string
  readonly #paths: LayerPaths
  /** Still to be listed. */
  readonly #folders = ['']
  #entries = 0
  #bytes = 0

  constructor(folder: string) {
    this.#folder = folder
    this.#paths = new LayerPaths(folder)
  }

  run(): void {
    for (let folder = this.#folders.pop(); folder !== undefined; folder = this.#folders.pop()) {
      for (const entry of this.#list(folder)) this.#enter(entry, folder)
    }
  }

  #list(folder: string): Dirent<Buffer>[] {
    try {
      const entries = readdirSync(join(this.#folder, folder), { withFileTypes: true, encoding: 'buffer' })
      // So that of several problems the same one is told everywhere.
      return entries.sort((a, b) => Buffer.compare(a.name, b.name))
    } catch (cause) {
      throw unreadable(this.#folder, folder, cause)
    }
  }

  #enter(entry: Dirent<Buffer>, folder: string): void {
    this.#entries += 1
    if (this.#entries > maxLayerEntries) {
      throw badLayer(this.#folder, `over ${maxLayerEntries} files and folders, must be at most as many`)
    }
    const path = folder === '' ? this.#name(entry) : `${folder}/${this.#name(entry)}`
    this.#paths.check(path)
    const isFolder = entry.isDirectory()
    if (isFolder) this.#folders.push(path)
    if (this.leftOut.leavesOut(path, isFolder)) return
    if (isFolder) this.#paths.addFolder(path)
    else this.#addFile(path, entry)
  }

  #addFile(path: string, entry: Dirent<Buffer>): void {
    this.#paths.addFile(path)
    if (entry.isSymbolicLink()) {
      throw badLayer(this.#folder, 'a link, must be a file or a folder: copy what it leads to', path)
    }
    if (!entry.isFile()) throw badLayer(this.#folder, 'no file, must be a file or a folder', path)
    const bytes = this.#sizeOf(path)
    this.#bytes += bytes
    if (this.#bytes > maxLayerBytes) {
      throw badLayer(this.#folder, `over ${maxLayerBytes} bytes, must be at most as many`)
    }
    this.files.push({ path, read: () => readFile(this.#folder, path, bytes) })
  }

  #name({ name }: Dirent<Buffer>): string {
    const decoded = decodeText(name)
    if (decoded !== null) return decoded
    throw badLayer(this.#folder, notUtf8, name.toString('latin1'))
  }

  #sizeOf(path: string): number {
    try {
      return lstatSync(join(this.#folder, path)).size
    } catch (cause) {
      throw unreadable(this.#folder, path, cause)
    }
  }
}

function* readFile(folder: string, path: string, bytes: number): Generator<Uint8Array> {
  const descriptor = openFile(folder, path)
  try {
    let left = fstatSync(descriptor).size
    if (left !== bytes) throw changed(folder, path)
    while (left > 0) {
      const chunk = Buffer.allocUnsafe(Math.min(left, chunkBytes))
      const read = readSync(descriptor, chunk)
      if (read === 0) throw changed(folder, path)
      left -= read
      yield chunk.subarray(0, read)
    }
  } finally {
    closeSync(descriptor)
  }
}

/** What has become a link or a pipe meanwhile is neither followed nor waited for. */
function openFile(folder: string, path: string): number {
  try {
    return openSync(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    throw unreadable(folder, path, cause)
  }
}

function changed(folder: string, path: string) {
  return badLayer(folder, 'changed while it was read, must stay as it is', path)
}

function unreadable(folder: string, path: string, cause: unknown) {
  return badLayer(folder, (cause as Error).message, path, cause)
}
