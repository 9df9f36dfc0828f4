import { inMicrotask, settled, whenRejected } from './promise-steps.ts'
import { ReadableControllerState } from './readable-controller-state.ts'
import { ReadableState, type ReadRequest } from './readable-state.ts'
import { ReaderState } from './reader-state.ts'
import { type Branch, TeeEnds } from './tee-ends.ts'

/**
 * The Streams standard's tee: two streams with the chunks of one, which is locked from now on.
 *
 * @param clonesChunks whether the second gets copies. Byte streams always copy.
 * @throws TypeError if the stream is locked.
 */
export function teeReadable(
  stream: ReadableState,
  clonesChunks: boolean,
): readonly [ReadableState, ReadableState] {
  if (stream.controller.isBytes) return require('../stream/byte-tee.ts').teeBytes(stream)
  const tee = new Tee(stream, clonesChunks)
  return [tee.first.stream, tee.second.stream]
}

class Tee implements ReadRequest {
  next: ReadRequest | null = null
  readonly first: ReadableControllerState
  readonly second: ReadableControllerState
  readonly #reader: ReaderState
  readonly #ends: TeeEnds
  readonly #clonesChunks: boolean
  #isReading = false
  #readsAgain = false

  constructor(stream: ReadableState, clonesChunks: boolean) {
    this.#reader = new ReaderState(stream, false)
    this.#ends = new TeeEnds(stream)
    this.#clonesChunks = clonesChunks
    this.first = this.#newBranch(0)
    this.second = this.#newBranch(1)
    whenRejected(this.#reader.closed, (reason) => {
      this.first.fail(reason)
      this.second.fail(reason)
      this.#ends.noteEnd()
    })
  }

  #newBranch(branch: Branch): ReadableControllerState {
    const source = {
      pull: () => this.#pull(),
      cancel: (reason: unknown) => this.#ends.cancel(branch, reason),
    }
    const controller = new ReadableControllerState(new ReadableState(), source, {
      highWaterMark: 1,
      sizeOf: null,
    })
    controller.start(settled)
    return controller
  }

  #pull(): Promise<unknown> {
    if (this.#isReading) {
      this.#readsAgain = true
      return settled
    }
    this.#isReading = true
    this.#reader.read(this)
    return settled
  }

  onChunk(chunk: unknown): void {
    // A microtask later, so that errors of the stream come before chunks that were read synchronously.
    inMicrotask(() => this.#enqueue(chunk))
  }

  #enqueue(chunk: unknown): void {
    this.#readsAgain = false
    let second = chunk
    if (this.#clonesChunks && !this.#ends.isCanceled(1)) {
      try {
        second = require('../messaging/structured-clone.ts').structuredClone(chunk)
      } catch (thrown) {
        this.first.fail(thrown)
        this.second.fail(thrown)
        this.#ends.cancelStream(thrown)
        return
      }
    }
    if (!this.#ends.isCanceled(0)) this.first.enqueue(chunk)
    if (!this.#ends.isCanceled(1)) this.second.enqueue(second)
    this.#isReading = false
    if (this.#readsAgain) void this.#pull()
  }

  onClose(): void {
    this.#isReading = false
    if (!this.#ends.isCanceled(0)) this.first.close()
    if (!this.#ends.isCanceled(1)) this.second.close()
    this.#ends.noteEnd()
  }

  onError(): void {
    this.#isReading = false
  }
}
