import { tagClass } from '../boot/class-tag.ts'
import { Event, type EventInit } from './event.ts'

/** The DOM standard's `CustomEvent`. */
export class CustomEvent extends Event {
  readonly #detail: unknown

  constructor(type: string, init: EventInit & { detail?: unknown } = {}) {
    super(type, init)
    this.#detail = init.detail ?? null
  }

  get detail(): unknown {
    return this.#detail
  }
}

tagClass(CustomEvent, 'CustomEvent')
