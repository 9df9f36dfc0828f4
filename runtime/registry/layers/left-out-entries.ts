/**
 * Entries that are no part of a layer, in a zip or in a folder, and how many there were.
 *
 * `node_modules/.bin` has commands for a shell, which nothing here could run. npm makes links there, of which `zip` makes
 * copies: without them the same packages are the same layer either way.
 */
export class LeftOutEntries {
  #commands = 0
  #finderFiles = 0

  /** Whether the file or folder at `path`, or the folder it is in, is left out; if so it is counted. */
  leavesOut(path: string): boolean {
    if (/(^|\/)node_modules\/\.bin(\/|$)/.test(path)) {
      // The folder itself is no loss.
      if (!path.endsWith('/.bin')) this.#commands += 1
      return true
    }
    if (/^__MACOSX(\/|$)|(^|\/)\.DS_Store$/.test(path)) {
      this.#finderFiles += 1
      return true
    }
    return false
  }

  warnings(): readonly string[] {
    const warnings: string[] = []
    if (this.#commands > 0) {
      warnings.push(`Left out of the layer: ${this.#commands} commands in node_modules/.bin`)
    }
    if (this.#finderFiles > 0) {
      warnings.push(`Left out of the layer: ${this.#finderFiles} files of the Finder (__MACOSX, .DS_Store)`)
    }
    return warnings
  }
}
