import { copyBytes } from '../language/bytes.ts'
import { openByobReader, readInto } from './byob-reader.ts'
import { ByteControllerState } from './byte-controller-state.ts'
import { inMicrotask, settled, whenRejected } from './promise-steps.ts'
import { rangeOf } from './pull-into.ts'
import { ReadableState } from './readable-state.ts'
import { ReaderState } from './reader-state.ts'
import { type Branch, TeeEnds } from './tee-ends.ts'

/** A tee of a byte stream. Whoever brings a buffer to one branch has it filled by the stream itself. */
export function teeBytes(stream: ReadableState): readonly [ReadableState, ReadableState] {
  const tee = new ByteTee(stream)
  return [tee.branches[0].stream, tee.branches[1].stream]
}

class ByteTee {
  readonly branches: readonly [ByteControllerState, ByteControllerState]
  readonly #stream: ReadableState
  readonly #ends: TeeEnds
  #reader: ReaderState
  #isReading = false
  #readsAgain: [boolean, boolean] = [false, false]

  constructor(stream: ReadableState) {
    this.#stream = stream
    this.#reader = new ReaderState(stream, false)
    this.#ends = new TeeEnds(stream)
    this.branches = [this.#newBranch(0), this.#newBranch(1)]
    this.#watch(this.#reader)
  }

  #newBranch(branch: Branch): ByteControllerState {
    const source = {
      pull: () => this.#pull(branch),
      cancel: (reason: unknown) => this.#ends.cancel(branch, reason),
    }
    const controller = new ByteControllerState(new ReadableState(), source, 0)
    controller.start(settled)
    return controller
  }

  /** Errors of the stream become those of both branches. */
  #watch(reader: ReaderState): void {
    whenRejected(reader.closed, (reason) => {
      if (reader !== this.#reader) return
      this.#failBoth(reason)
      this.#ends.noteEnd()
    })
  }

  #failBoth(reason: unknown): void {
    this.branches[0].fail(reason)
    this.branches[1].fail(reason)
  }

  #pull(branch: Branch): Promise<unknown> {
    if (this.#isReading) {
      this.#readsAgain[branch] = true
      return settled
    }
    this.#isReading = true
    const { offered } = this.branches[branch]
    if (offered === null) this.#read()
    else this.#readInto(offered.view!, branch)
    return settled
  }

  #read(): void {
    this.#takeReader(false)
    this.#reader.read({
      next: null,
      onChunk: (chunk) => {
        this.#later(() => {
          const first = chunk as Uint8Array
          const isSecondCanceled = this.#ends.isCanceled(1)
          // One that is alone needs no copy.
          const second = this.#ends.isCanceled(0) || isSecondCanceled ? first : copyBytes(first)
          if (!this.#ends.isCanceled(0)) this.branches[0].enqueue(rangeOf(first))
          if (!isSecondCanceled) this.branches[1].enqueue(rangeOf(second))
        })
      },
      onClose: () => {
        this.#isReading = false
        this.#close(0)
        this.#close(1)
        this.#endWaiting(0)
        this.#endWaiting(1)
        this.#ends.noteEnd()
      },
      onError: this.#onError,
    })
  }

  #readInto(view: Uint8Array, branch: Branch): void {
    const other: Branch = branch === 0 ? 1 : 0
    this.#takeReader(true)
    readInto(this.#reader, view, 1, {
      next: null,
      onChunk: (chunk) => {
        this.#later(() => {
          const filled = chunk as Uint8Array
          const isCanceled = this.#ends.isCanceled(branch)
          const copy = this.#ends.isCanceled(other) ? null : copyBytes(filled)
          if (!isCanceled) this.branches[branch].respondWithNewView(rangeOf(filled))
          if (copy !== null) this.branches[other].enqueue(rangeOf(copy))
        })
      },
      onClose: (emptied) => {
        this.#isReading = false
        this.#close(branch)
        this.#close(other)
        if (emptied !== undefined) {
          if (!this.#ends.isCanceled(branch)) this.branches[branch].respondWithNewView(rangeOf(emptied))
          if (!this.#ends.isCanceled(other)) this.#endWaiting(other)
        }
        this.#ends.noteEnd()
      },
      onError: this.#onError,
    })
  }

  readonly #onError = (): void => {
    this.#isReading = false
  }

  #takeReader(isByob: boolean): void {
    if (this.#reader.isByob === isByob) return
    this.#reader.release()
    this.#reader = isByob ? openByobReader(this.#stream) : new ReaderState(this.#stream, false)
    this.#watch(this.#reader)
  }

  /** A microtask later, so that errors of the stream come before chunks that were read synchronously. */
  #later(give: () => void): void {
    inMicrotask(() => {
      this.#readsAgain = [false, false]
      try {
        give()
      } catch (thrown) {
        // There is no room for a copy.
        this.#failBoth(thrown)
        this.#ends.cancelStream(thrown)
        return
      }
      this.#isReading = false
      if (this.#readsAgain[0]) void this.#pull(0)
      else if (this.#readsAgain[1]) void this.#pull(1)
    })
  }

  #close(branch: Branch): void {
    if (!this.#ends.isCanceled(branch)) this.branches[branch].close()
  }

  /** Gives back a buffer that waits in vain. */
  #endWaiting(branch: Branch): void {
    const controller = this.branches[branch]
    if (controller.hasWaiting) controller.respond(0)
  }
}
