import { badLayer, show } from './bad-layer.ts'

/** So that a path fits below any folder: Linux takes 4096 in all, and 255 a name. */
const maxPathBytes = 1024
const maxNameBytes = 255

const controlCharacters = /\p{Cc}/u

export const notUtf8 = 'a name that is no Unicode text, must be UTF-8'

// A byte order mark at the start of a name is part of the name.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a name or a file; null if it is not UTF-8. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** What is wrong with a path as that of a layer's file or folder; null if nothing is. */
export function problemOfPath(path: string): string | null {
  if (path === '') return 'an empty name, must have characters'
  if (!path.isWellFormed()) return notUtf8
  if (path.includes('\0')) return 'a name with a NUL byte, must be without'
  if (controlCharacters.test(path)) return 'a name with a control character, must be without'
  if (path.includes('\\')) return 'a name with a backslash, must have "/" between its parts'
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) {
    return "an absolute path, must be relative to the layer's root"
  }
  if (Buffer.byteLength(path) > maxPathBytes) {
    return `a path of ${Buffer.byteLength(path)} bytes, must be at most ${maxPathBytes}`
  }
  return problemOfNames(path.split('/'))
}

function problemOfNames(names: readonly string[]): string | null {
  for (const name of names) {
    if (name === '..') return 'a path with "..", must stay below the layer\'s root'
    if (name === '.' || name === '')
      return 'a path with "." or nothing between its slashes, must name each part'
    if (Buffer.byteLength(name) > maxNameBytes) {
      return `a name of ${Buffer.byteLength(name)} bytes, must be at most ${maxNameBytes}`
    }
  }
  return null
}

/**
 * The paths of one layer, which must also be different files where case or Unicode's ways to write a letter do not tell
 * names apart.
 */
export class LayerPaths {
  readonly #layer: string
  /** By what such a file system compares. */
  readonly #entries = new Map<string, { readonly path: string; readonly isFile: boolean }>()
  /** As spelled: what spares the comparison for the folders of most files. */
  readonly #folders = new Set<string>()

  /** @param layer the path of the zip or folder, for messages */
  constructor(layer: string) {
    this.#layer = layer
  }

  /** @throws IsoletteError `bad_layer` if there is a problem with the path */
  check(path: string): void {
    const problem = problemOfPath(path)
    if (problem !== null) throw badLayer(this.#layer, problem, path)
  }

  /**
   * @param path a checked one
   * @throws IsoletteError `bad_layer` for one that was added, or that cannot be beside those that were
   */
  addFile(path: string): void {
    this.addFolder(parentOf(path))
    this.#add(path, true)
  }

  /**
   * With the folders that it is in.
   *
   * @param path a checked one, without a slash at its end; may be added again
   * @throws as `addFile`
   */
  addFolder(path: string): void {
    if (path === '' || this.#folders.has(path)) return
    this.addFolder(parentOf(path))
    this.#add(path, false)
    this.#folders.add(path)
  }

  #add(path: string, isFile: boolean): void {
    const folded = fold(path)
    const there = this.#entries.get(folded)
    if (there === undefined) {
      this.#entries.set(folded, { path, isFile })
      return
    }
    throw badLayer(this.#layer, collision(path, isFile, there), path)
  }
}

function collision(path: string, isFile: boolean, there: { path: string; isFile: boolean }): string {
  if (there.path !== path) {
    return `differs from ${show(there.path)} only in case or in how its letters are written, must differ in more`
  }
  return isFile && there.isFile ? 'stands twice, must stand once' : 'both a file and a folder, must be one'
}

/** Through upper case and back, which joins more than either way alone: "ß" and "ss", "ſ" and "s". */
function fold(path: string): string {
  return path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC')
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}
