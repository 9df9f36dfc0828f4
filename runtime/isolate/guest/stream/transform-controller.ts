import { tagClass } from '../boot/class-tag.ts'
import { checkInternal } from './internal.ts'
import type { TransformState } from './transform-state.ts'

/** The Streams standard's `TransformStreamDefaultController`: what the functions of a transformer are given. */
export class TransformStreamDefaultController {
  readonly #state: TransformState

  constructor(key: unknown = undefined, state: TransformState | undefined = undefined) {
    checkInternal(key)
    this.#state = state!
  }

  get desiredSize(): number | null {
    return this.#state.desiredSize
  }

  enqueue(chunk: unknown = undefined): void {
    this.#state.enqueue(chunk)
  }

  error(reason: unknown = undefined): void {
    this.#state.fail(reason)
  }

  terminate(): void {
    this.#state.terminate()
  }
}

tagClass(TransformStreamDefaultController, 'TransformStreamDefaultController')
