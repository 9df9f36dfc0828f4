/** What one function has waiting, oldest first. */
type Line<T> = T[]

/** Attempts that have not begun, by function: functions take turns, so that none waits for all of another's. */
export class AttemptQueue<T extends { readonly functionName: string }> {
  /** Each with something in it, the one whose turn it is first. */
  readonly #lines = new Map<string, Line<T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(item: T): void {
    const line = this.#lines.get(item.functionName)
    if (line === undefined) this.#lines.set(item.functionName, [item])
    else line.push(item)
    this.#size++
  }

  /** The oldest of the first function in turn whose oldest is wanted; null = there is none. */
  take(isWanted: (item: T) => boolean): T | null {
    for (const [functionName, line] of this.#lines) {
      const item = line[0]!
      if (!isWanted(item)) continue
      line.shift()
      this.#size--
      // It is the others' turn.
      if (line.length === 0 || this.#lines.size > 1) this.#lines.delete(functionName)
      if (line.length > 0) this.#lines.set(functionName, line)
      return item
    }
    return null
  }

  /** Takes out all that are not to wait any more. */
  remove(isOut: (item: T) => boolean): T[] {
    const out: T[] = []
    for (const [functionName, line] of [...this.#lines]) {
      const left = line.filter((item) => !isOut(item))
      if (left.length === line.length) continue
      out.push(...line.filter(isOut))
      if (left.length === 0) this.#lines.delete(functionName)
      else this.#lines.set(functionName, left)
    }
    this.#size -= out.length
    return out
  }
}
