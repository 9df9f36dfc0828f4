import { tagClass } from '../boot/class-tag.ts'
import { type AbortSignal, abort, newSignal } from './abort-signal.ts'

/** The DOM standard's `AbortController`. */
export class AbortController {
  readonly #signal = newSignal()

  get signal(): AbortSignal {
    return this.#signal
  }

  abort(reason?: unknown): void {
    abort(this.#signal, reason)
  }
}

tagClass(AbortController, 'AbortController')
