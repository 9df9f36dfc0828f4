import { Uint8Array } from '../primordials.ts'
import type { ByteControllerState } from './byte-controller-state.ts'
import type { ByteQueue } from './byte-queue.ts'
import { Fifo } from './fifo.ts'
import type { PullInto } from './pull-into.ts'

/** A buffer of a reader that the source may fill by itself. */
export interface OfferedBuffer {
  /** null = it was filled, or something else became of it. */
  controller: ByteControllerState | null
  view: Uint8Array | null
  /** What guests hold for it, once they asked. */
  request: object | null
}

/** Buffers that wait for bytes, in order; the source may be offered the first. */
export class WaitingBuffers {
  readonly #buffers = new Fifo<PullInto>()
  #offered: OfferedBuffer | null = null

  get first(): PullInto | null {
    return this.#buffers.first
  }

  add(pullInto: PullInto): void {
    this.#buffers.add(pullInto)
  }

  /** There must be one. */
  take(): PullInto {
    return this.#buffers.take()
  }

  /** What is left to fill of the first. */
  offerTo(controller: ByteControllerState): OfferedBuffer | null {
    const first = this.#buffers.first
    if (this.#offered === null && first !== null) {
      const { buffer, byteOffset, byteLength, bytesFilled } = first
      const view = new Uint8Array(buffer, byteOffset + bytesFilled, byteLength - bytesFilled)
      this.#offered = { controller, view, request: null }
    }
    return this.#offered
  }

  withdraw(): void {
    if (this.#offered === null) return
    this.#offered.controller = null
    this.#offered.view = null
    this.#offered = null
  }

  clear(): void {
    this.withdraw()
    this.#buffers.takeAll()
  }

  /** Their reader goes: the first stays, for the source may be filling it. */
  abandon(): void {
    const first = this.#buffers.takeAll()
    if (first === null) return
    first.reader = 'none'
    this.#buffers.add(first)
  }

  /** Fills them from a queue, and takes out those that have enough. */
  takeFilled(queue: ByteQueue): Fifo<PullInto> {
    const filled = new Fifo<PullInto>()
    for (
      let first = this.#buffers.first;
      first !== null && queue.totalSize > 0;
      first = this.#buffers.first
    ) {
      if (queue.fillUp(first)) filled.add(this.#buffers.take())
    }
    return filled
  }
}
