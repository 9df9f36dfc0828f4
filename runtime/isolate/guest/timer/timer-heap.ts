import { setPrototypeOf } from '../primordials.ts'

/** What the heap needs to know of its items. */
export interface HeapItem {
  readonly dueMs: number
  /** Ascending with creation: the order of those that are due at the same time. */
  readonly order: number
  /** Kept by the heap: where the item stands, -1 = nowhere. */
  heapIndex: number
}

/**
 * A binary heap, earliest first. Items can be taken out of the middle: timeouts are mostly cleared, and what stays
 * until it is due would pile up.
 */
export class TimerHeap<Item extends HeapItem> {
  // Without a prototype, so that writing past its end meets no setter that the guest put on `Array.prototype`.
  readonly #items: Item[] = setPrototypeOf([], null) as Item[]

  get first(): Item | null {
    return this.#items.length === 0 ? null : this.#items[0]!
  }

  add(item: Item): void {
    const index = this.#items.length
    this.#items[index] = item
    item.heapIndex = index
    this.#siftUp(index)
  }

  /** Nothing happens if the item is not there. */
  remove(item: Item): void {
    const index = item.heapIndex
    if (index === -1) return
    const items = this.#items
    item.heapIndex = -1
    const last = items[items.length - 1]!
    items.length--
    if (last === item) return
    items[index] = last
    last.heapIndex = index
    this.#siftUp(index)
    this.#siftDown(last.heapIndex)
  }

  #siftUp(from: number): void {
    const items = this.#items
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(items[index]!, items[parent]!)) return
      this.#swap(index, parent)
      index = parent
    }
  }

  #siftDown(from: number): void {
    const items = this.#items
    let index = from
    for (;;) {
      let child = 2 * index + 1
      if (child >= items.length) return
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child++
      if (!isBefore(items[child]!, items[index]!)) return
      this.#swap(index, child)
      index = child
    }
  }

  #swap(a: number, b: number): void {
    const items = this.#items
    const item = items[a]!
    items[a] = items[b]!
    items[b] = item
    items[a].heapIndex = a
    items[b].heapIndex = b
  }
}

function isBefore(a: HeapItem, b: HeapItem): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}
