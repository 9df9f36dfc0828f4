import { tagClass } from '../boot/class-tag.ts'
import { currentRequestId } from '../invocation/current-request.ts'
import type { Invocation } from '../invocation/invocation.ts'
import { TypeError } from '../primordials.ts'
import { askToEnqueue } from './ask-to-enqueue.ts'
import { type EnqueueOptions, optionsJson } from './enqueue-options.ts'
import { eventJson } from './event-json.ts'

/** Given to the constructor by the bootstrap, which no guest can name. */
const internal = { __proto__: null }

/** What `env` holds under that name, for one invocation. */
export let newBinding: (name: string, invocation: Invocation) => FunctionBinding

/** A function that calls may be enqueued for. It belongs to the invocation that it was given to: calls are its children. */
export class FunctionBinding {
  readonly #name: string
  readonly #invocation: Invocation

  constructor(key: unknown = null, name = '', invocation: Invocation | null = null) {
    if (key !== internal) throw new TypeError('Illegal constructor')
    this.#name = name
    this.#invocation = invocation!
  }

  /**
   * Resolves when the call is on disk: it will be run, even if this instance ends now.
   *
   * @throws TypeError if the event has no JSON, or an option is not as it must be; `EnqueueError` if the call is refused.
   */
  async enqueue(event?: unknown, options?: EnqueueOptions): Promise<{ readonly invocationId: string }> {
    const { running, requestId } = this.#invocation
    // Kept for longer than its invocation, it belongs to whoever uses it.
    const owner = running > 0 ? requestId : currentRequestId()
    const invocationId = await askToEnqueue(owner, this.#name, eventJson(event), optionsJson(options))
    return { invocationId }
  }

  static {
    newBinding = (name, invocation) => new FunctionBinding(internal, name, invocation)
  }
}

tagClass(FunctionBinding, 'FunctionBinding')
