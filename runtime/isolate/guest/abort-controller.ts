import { type AbortSignal, abort, dependentSignal } from './abort-signal.ts'
import { tagClass } from './class-tag.ts'

/** The DOM standard's `AbortController`. */
export class AbortController {
  readonly #signal = dependentSignal([])

  get signal(): AbortSignal {
    return this.#signal
  }

  abort(reason?: unknown): void {
    abort(this.#signal, reason)
  }
}

tagClass(AbortController, 'AbortController')
