import { tagClass } from '../boot/class-tag.ts'
import { loaded } from '../boot/loaded.ts'
import { type Invocation, waitUntil } from './invocation.ts'

/** What a fetch handler is given as `ctx`. */
export class ExecutionContext {
  readonly #invocation: Invocation

  constructor(invocation: Invocation) {
    this.#invocation = invocation
  }

  get invocationId(): string {
    return this.#invocation.invocationId
  }

  get functionName(): string {
    return loaded.config.functionName
  }

  /** A number, or `$LATEST`. */
  get functionVersion(): string {
    return loaded.config.functionVersion
  }

  /** Keeps the invocation after its response until `promise` has settled. */
  waitUntil(promise: unknown): void {
    waitUntil(this.#invocation, promise)
  }
}

tagClass(ExecutionContext, 'ExecutionContext')
