import { Deferred } from '../language/deferred.ts'
import { resolveWith } from './promise-steps.ts'
import type { ReadableState } from './readable-state.ts'

/** The first or the second of the streams that another one was divided into. */
export type Branch = 0 | 1

/** How the two branches of a stream are cancelled: the stream is, when both were. */
export class TeeEnds {
  readonly #stream: ReadableState
  readonly #areCanceled: [boolean, boolean] = [false, false]
  readonly #reasons: [unknown, unknown] = [undefined, undefined]
  /** What cancelling answers. */
  readonly #canceled = new Deferred<undefined>()

  constructor(stream: ReadableState) {
    this.#stream = stream
  }

  isCanceled(branch: Branch): boolean {
    return this.#areCanceled[branch]
  }

  cancel(branch: Branch, reason: unknown): Promise<unknown> {
    this.#areCanceled[branch] = true
    this.#reasons[branch] = reason
    if (this.#areBothCanceled) this.cancelStream(this.#reasons)
    return this.#canceled.promise
  }

  cancelStream(reason: unknown): void {
    resolveWith(this.#canceled, this.#stream.cancel(reason))
  }

  /** The stream has ended by itself. */
  noteEnd(): void {
    if (!this.#areBothCanceled) this.#canceled.resolve(undefined)
  }

  get #areBothCanceled(): boolean {
    return this.#areCanceled[0] && this.#areCanceled[1]
  }
}
