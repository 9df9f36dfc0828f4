import { tagClass } from '../boot/class-tag.ts'
import { checkInternal } from './internal.ts'
import { checkEnqueue, type ReadableControllerState } from './readable-controller-state.ts'

/** The Streams standard's `ReadableStreamDefaultController`: what a source's `start` and `pull` are given. */
export class ReadableStreamDefaultController {
  readonly #state: ReadableControllerState

  constructor(key: unknown = undefined, state: ReadableControllerState | undefined = undefined) {
    checkInternal(key)
    this.#state = state!
  }

  get desiredSize(): number | null {
    return this.#state.desiredSize
  }

  close(): void {
    checkEnqueue(this.#state, 'close')
    this.#state.close()
  }

  enqueue(chunk: unknown = undefined): void {
    checkEnqueue(this.#state, 'enqueue')
    this.#state.enqueue(chunk)
  }

  error(reason: unknown = undefined): void {
    this.#state.fail(reason)
  }
}

tagClass(ReadableStreamDefaultController, 'ReadableStreamDefaultController')
