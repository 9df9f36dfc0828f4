import { tagClass } from '../boot/class-tag.ts'
import { loaded } from '../boot/loaded.ts'
import { type Invocation, waitUntil } from '../invocation/invocation.ts'

/** What `init` and `shutdown` are given as `ctx`. */
export class LifecycleContext {
  readonly #invocation: Invocation

  constructor(invocation: Invocation) {
    this.#invocation = invocation
  }

  get functionName(): string {
    return loaded.config.functionName
  }

  /** A number, or `$LATEST`. */
  get functionVersion(): string {
    return loaded.config.functionVersion
  }

  /** Has `promise` settle though the hook itself is over; for as long as the hook's kind allows. */
  waitUntil(promise: unknown): void {
    waitUntil(this.#invocation, promise)
  }
}

tagClass(LifecycleContext, 'LifecycleContext')
