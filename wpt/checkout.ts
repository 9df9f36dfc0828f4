import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

/** A folder with web-platform-tests in it. Paths in it are given as in URLs: from its root, without a leading slash. */
export class Checkout {
  readonly #root: string

  /** @throws Error with one line that says what is wrong */
  constructor(root: string) {
    if (!isFolder(root))
      throw new Error(`Cannot read ${JSON.stringify(root)}: must be a folder with web-platform-tests`)
    if (!existsSync(join(root, harnessPath)))
      throw new Error(
        `Cannot find ${harnessPath} in ${JSON.stringify(root)}: must be a checkout of web-platform-tests`,
      )
    this.#root = root
  }

  /** All `.any.js` below a path that begins with `prefix`, sorted. */
  testsUnder(prefix: string): string[] {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    if (folder !== '' && !isFolder(join(this.#root, folder))) return []
    return globSync('**/*.any.js', { cwd: join(this.#root, folder) })
      .map((path) => folder + path)
      .filter((path) => path.startsWith(prefix))
      .sort()
  }

  has(path: string): boolean {
    return statSync(join(this.#root, path), { throwIfNoEntry: false })?.isFile() ?? false
  }

  readText(path: string): string {
    return readFileSync(join(this.#root, path), 'utf8')
  }

  readBytes(path: string): Buffer {
    return readFileSync(join(this.#root, path))
  }
}

export const harnessPath = 'resources/testharness.js'

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** What a test means by a name, as a path from the checkout's root: relative to the test, or absolute. */
export function pathOf(reference: string, testPath: string): string {
  const [path] = reference.split(/[?#]/)
  return posix.resolve('/', posix.dirname(testPath), path!).slice(1)
}
