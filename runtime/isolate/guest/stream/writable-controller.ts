import { tagClass } from '../boot/class-tag.ts'
import type { AbortSignal } from '../event/abort-signal.ts'
import { checkInternal } from './internal.ts'
import type { WritableControllerState } from './writable-controller-state.ts'

/** The Streams standard's `WritableStreamDefaultController`: what a sink's `start` and `write` are given. */
export class WritableStreamDefaultController {
  readonly #state: WritableControllerState

  constructor(key: unknown = undefined, state: WritableControllerState | undefined = undefined) {
    checkInternal(key)
    this.#state = state!
  }

  get signal(): AbortSignal {
    return this.#state.signal
  }

  error(reason: unknown = undefined): void {
    this.#state.failIfWritable(reason)
  }
}

tagClass(WritableStreamDefaultController, 'WritableStreamDefaultController')
