import { tagClass } from '../boot/class-tag.ts'
import { loaded } from '../boot/loaded.ts'
import type { AbortSignal } from '../event/abort-signal.ts'
import { enqueuedAt, type Invocation, waitUntil } from './invocation.ts'

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

  /** Counted from 1; always 1 if somebody waits for the answer. */
  get attempt(): number {
    return this.#invocation.attempt?.number ?? 1
  }

  /** When the call was accepted; null if somebody waits for the answer. */
  get enqueuedAt(): Date | null {
    return enqueuedAt(this.#invocation)
  }

  /** Aborts when nobody waits for the answer any more, or the call is to stop. */
  get signal(): AbortSignal {
    return require('../event/abort-signal.ts').signalOf(this.#invocation)
  }

  /** Keeps the invocation after its response until `promise` has settled. */
  waitUntil(promise: unknown): void {
    waitUntil(this.#invocation, promise)
  }
}

tagClass(ExecutionContext, 'ExecutionContext')
