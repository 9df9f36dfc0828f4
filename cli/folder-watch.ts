import { type FSWatcher, statSync, watch } from 'node:fs'
import { dirname, join } from 'node:path'
import { isSearched, listFolder } from './find-functions.ts'

/** Editors write a file in several steps, and a checkout writes many: what comes within this time is one change. */
const settleMs = 60

/**
 * Watches files and folders with what is below them, new folders included, but for hidden ones and `node_modules`:
 * `fs.watch` with `recursive` would hold a watch for every single file of those.
 */
export class FolderWatch implements Disposable {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #onChange: (paths: ReadonlySet<string>) => void
  #changed = new Set<string>()
  #settling: NodeJS.Timeout | null = null

  /** `onChange` gets the absolute paths that changed, once they rest. */
  constructor(paths: readonly string[], onChange: (paths: ReadonlySet<string>) => void) {
    this.#onChange = onChange
    for (const path of paths) {
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats === undefined) continue
      if (stats.isDirectory()) this.#watchTree(path)
      // The folder is watched, not the file: saving often puts another file in its place.
      else this.#watch(dirname(path), (changed) => changed === path)
    }
  }

  [Symbol.dispose](): void {
    if (this.#settling !== null) clearTimeout(this.#settling)
    for (const watcher of this.#watchers.values()) watcher.close()
  }

  #watchTree(folder: string): void {
    this.#watch(folder, () => true)
    for (const entry of listFolder(folder)) {
      if (isSearched(entry)) this.#watchTree(join(folder, entry.name))
    }
  }

  #watch(folder: string, isWanted: (path: string) => boolean): void {
    if (this.#watchers.has(folder)) return
    try {
      const watcher = watch(folder, (_event, name) => {
        if (name === null || name === 'node_modules' || name.startsWith('.')) return
        const path = join(folder, name)
        if (isWanted(path)) this.#note(path)
      })
      watcher.on('error', () => this.#forget(folder))
      this.#watchers.set(folder, watcher)
    } catch {
      // Gone again already.
    }
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }

  #note(path: string): void {
    this.#changed.add(path)
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined) this.#forget(path)
    else if (stats.isDirectory()) this.#watchTree(path)
    this.#settling ??= setTimeout(() => this.#settle(), settleMs)
    this.#settling.refresh()
  }

  #settle(): void {
    const changed = this.#changed
    this.#changed = new Set()
    this.#settling = null
    this.#onChange(changed)
  }
}
