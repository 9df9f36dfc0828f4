/**
 * Items that wait for their turn, linked through themselves: elements of an array could be caught by a setter that a
 * guest put on `Array.prototype`.
 */
export class Fifo<Item extends { next: Item | null }> {
  first: Item | null = null
  #last: Item | null = null

  add(item: Item): void {
    item.next = null
    if (this.first === null) this.first = item
    else this.#last!.next = item
    this.#last = item
  }

  /** Must not be empty. */
  take(): Item {
    const item = this.first!
    this.first = item.next
    return item
  }

  /** Leaves it empty; what was in it is the caller's to walk through. */
  takeAll(): Item | null {
    const { first } = this
    this.first = null
    return first
  }
}
