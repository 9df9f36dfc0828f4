import type { EntryFrames } from '../instance/entry-frames.ts'
import type { Pending } from '../instance/pending.ts'
import type { CollectedBytes } from './collected-bytes.ts'

interface OpenOp {
  /** Who is charged for what the guest does with the answer; undefined = the whole instance. */
  readonly owner: Pending | undefined
  readonly giveUp: () => void
}

interface Completion {
  readonly owner: Pending | undefined
  write(frames: EntryFrames): void
}

/** One guest's asynchronous ops: those that are not answered yet, and answers that it was not told yet. */
export class AsyncOps {
  readonly #onCompletion: () => void
  readonly #open = new Map<number, OpenOp>()
  readonly #heldBytes = new Map<number, CollectedBytes>()
  #completions: Completion[] = []
  #isClosed = false

  /** `onCompletion`: something is ready to be told to the guest. */
  constructor(onCompletion: () => void) {
    this.#onCompletion = onCompletion
  }

  get hasCompletions(): boolean {
    return this.#completions.length > 0
  }

  /** Whether anything may still wake the guest. */
  get isAwaited(): boolean {
    return this.#open.size > 0 || this.hasCompletions
  }

  /**
   * Notes an op that is answered later, once. `giveUp` is called if nobody waits for that any more.
   *
   * @returns false if there is one of that id: the guest chooses them, and no answer must reach another op.
   */
  begin(opId: number, owner: Pending | undefined, giveUp: () => void): boolean {
    if (this.#isClosed || this.#open.has(opId)) return false
    this.#open.set(opId, { owner, giveUp })
    return true
  }

  /** Whether somebody waits for its answer. */
  isOpen(opId: number): boolean {
    return this.#open.has(opId)
  }

  /** How many of a request's ops are not answered yet, or the guest was not told. */
  openOf(owner: Pending): number {
    let count = 0
    for (const op of this.#open.values()) if (op.owner === owner) count++
    for (const completion of this.#completions) if (completion.owner === owner) count++
    return count
  }

  /** Nothing happens if the op was given up. `bytes` are held until the guest has taken them. */
  resolve(opId: number, text: string, bytes?: CollectedBytes): void {
    const op = this.#take(opId)
    if (op === undefined) {
      bytes?.drop()
      return
    }
    this.#heldBytes.get(opId)?.drop()
    if (bytes !== undefined) this.#heldBytes.set(opId, bytes)
    this.tell(op.owner, (frames) => frames.opResolved(opId, text))
  }

  /** Nothing happens if the op was given up. */
  reject(opId: number, message: string): void {
    const op = this.#take(opId)
    if (op !== undefined) this.tell(op.owner, (frames) => frames.opRejected(opId, message))
  }

  /** The guest waits for it no longer. */
  cancel(opId: number): void {
    this.#heldBytes.get(opId)?.drop()
    this.#heldBytes.delete(opId)
    this.#take(opId)?.giveUp()
  }

  /** The bytes that came with an answer, or the next piece of them, once. */
  takeBytes(opId: number): Uint8Array | undefined {
    const held = this.#heldBytes.get(opId)
    const bytes = held?.take()
    if (held?.isEmpty) this.#heldBytes.delete(opId)
    return bytes
  }

  /** Has a frame written into the next entry; `owner` is charged for it. */
  tell(owner: Pending | undefined, write: (frames: EntryFrames) => void): void {
    if (this.#isClosed) return
    this.#completions.push({ owner, write })
    this.#onCompletion()
  }

  /** Writes what is ready; `charge` is told whose work it is, undefined = the whole instance's. */
  writeCompletions(frames: EntryFrames, charge: (owner: Pending | undefined) => void): void {
    const completions = this.#completions
    this.#completions = []
    for (const completion of completions) {
      completion.write(frames)
      charge(completion.owner)
    }
  }

  /** Gives everything up. */
  close(): void {
    this.#isClosed = true
    this.#completions = []
    for (const held of this.#heldBytes.values()) held.drop()
    this.#heldBytes.clear()
    const open = [...this.#open.values()]
    this.#open.clear()
    for (const { giveUp } of open) giveUp()
  }

  #take(opId: number): OpenOp | undefined {
    const op = this.#open.get(opId)
    this.#open.delete(opId)
    return op
  }
}
