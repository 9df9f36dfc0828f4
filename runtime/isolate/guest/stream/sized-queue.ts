import { RangeError } from '../primordials.ts'
import { Fifo } from './fifo.ts'

interface Chunk {
  readonly value: unknown
  readonly size: number
  next: Chunk | null
}

/** The Streams standard's queue with sizes. */
export class SizedQueue {
  totalSize = 0
  readonly #chunks = new Fifo<Chunk>()

  get isEmpty(): boolean {
    return this.#chunks.first === null
  }

  /** The value whose turn it is. Must not be empty. */
  get head(): unknown {
    return this.#chunks.first!.value
  }

  /** @throws RangeError if the size is not a finite number from 0. */
  add(value: unknown, size: number): void {
    if (!(size >= 0 && size < 1 / 0))
      throw new RangeError(`Cannot queue a chunk: its size is ${size}, must be a finite number from 0`)
    this.#chunks.add({ value, size, next: null })
    this.totalSize += size
  }

  /** Must not be empty. */
  take(): unknown {
    const { value, size } = this.#chunks.take()
    // Sums of fractions are not exact.
    this.totalSize = this.totalSize < size ? 0 : this.totalSize - size
    return value
  }

  clear(): void {
    this.#chunks.takeAll()
    this.totalSize = 0
  }
}
