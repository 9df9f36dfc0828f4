/**
 * Entries that are no part of a layer, in a zip or in a folder, and how many there were.
 *
 * `node_modules/.bin` has commands for a shell, which nothing here could run. npm makes links there, of which `zip` makes
 * copies: without them the same packages are the same layer either way.
 */
export class LeftOutEntries {
  #commands = 0
  #finderFiles = 0

  /** Whether what is at `path`, or a folder that it is in, is left out; if so files are counted. */
  leavesOut(path: string, isFolder: boolean): boolean {
    const isCommand = /(^|\/)node_modules\/\.bin(\/|$)/.test(path)
    const isOfFinder = /^__MACOSX(\/|$)|(^|\/)\.DS_Store$/.test(path)
    if (!isFolder && isCommand) this.#commands += 1
    else if (!isFolder && isOfFinder) this.#finderFiles += 1
    return isCommand || isOfFinder
  }

  warnings(): readonly string[] {
    const warnings: string[] = []
    if (this.#commands > 0) {
      const commands = `${this.#commands} ${this.#commands === 1 ? 'command' : 'commands'}`
      warnings.push(`Left out of the layer: ${commands} in node_modules/.bin`)
    }
    if (this.#finderFiles > 0) {
      const files = `${this.#finderFiles} ${this.#finderFiles === 1 ? 'file' : 'files'}`
      warnings.push(`Left out of the layer: ${files} of the Finder (__MACOSX, .DS_Store)`)
    }
    return warnings
  }
}
