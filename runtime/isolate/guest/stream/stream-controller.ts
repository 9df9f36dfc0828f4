import { tagClass } from '../boot/class-tag.ts'
import { TypeError } from '../primordials.ts'
import { StreamState } from './stream-state.ts'

/** The Streams standard's `ReadableStreamDefaultController`: what `start` and `pull` are given. */
export class ReadableStreamDefaultController {
  readonly #state: StreamState

  constructor(state: StreamState) {
    // Guests hold this class through an instance's `constructor`, but no state to give it.
    if (!(state instanceof StreamState)) throw new TypeError('Illegal constructor')
    this.#state = state
  }

  get desiredSize(): number | null {
    return this.#state.desiredSize
  }

  enqueue(chunk?: unknown): void {
    this.#state.enqueue(chunk)
  }

  close(): void {
    this.#state.requestClose()
  }

  error(reason?: unknown): void {
    this.#state.fail(reason)
  }
}

tagClass(ReadableStreamDefaultController, 'ReadableStreamDefaultController')
