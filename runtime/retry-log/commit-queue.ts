import { IsoletteError } from '../model/errors.ts'

/**
 * Gathers what one turn of the event loop brings, and while a commit is under way all that comes, so that there is one
 * commit at a time and none is for less than what waits.
 */
export class CommitQueue<T> {
  readonly #commit: (items: readonly T[]) => Promise<void>
  #waiting: T[] = []
  #isBusy = false
  #idle: (() => void)[] = []

  /** @param commit never rejects: what becomes of each item is its own affair */
  constructor(commit: (items: readonly T[]) => Promise<void>) {
    this.#commit = commit
  }

  add(item: T): void {
    this.#waiting.push(item)
    if (this.#isBusy) return
    this.#isBusy = true
    setImmediate(() => void this.#run())
  }

  /** Resolves when nothing waits. */
  idle(): Promise<void> {
    return this.#isBusy ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve()
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const items = this.#waiting
      this.#waiting = []
      await this.#commit(items)
    }
    this.#isBusy = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}

/** A commit was refused on account of a name that is there, but no name is found: to try again would go on for ever. */
export function unreadableName(): IsoletteError {
  return new IsoletteError(
    'retry_log_unavailable',
    'Cannot write the retry log: the name of a call cannot be read',
  )
}
