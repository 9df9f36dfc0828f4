import { tagClass } from '../boot/class-tag.ts'
import { needArguments, toDictionary } from '../language/web-idl.ts'
import { TypeError } from '../primordials.ts'
import { Event, type EventInit } from './event.ts'

/** HTML's `PromiseRejectionEvent`. */
export class PromiseRejectionEvent extends Event {
  readonly #promise: object
  readonly #reason: unknown

  constructor(type: string, init: EventInit & { promise: object; reason?: unknown }) {
    needArguments(arguments.length, 2, 'make an event')
    super(type, init)
    const { promise, reason } = toDictionary(init)
    if ((typeof promise !== 'object' && typeof promise !== 'function') || promise === null) {
      throw new TypeError('Cannot make an event: init.promise must be an object')
    }
    this.#promise = promise
    this.#reason = reason
  }

  get promise(): object {
    return this.#promise
  }

  get reason(): unknown {
    return this.#reason
  }
}

tagClass(PromiseRejectionEvent, 'PromiseRejectionEvent')
