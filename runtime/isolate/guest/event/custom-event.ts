import { tagClass } from '../boot/class-tag.ts'
import { needArguments, toDictionary } from '../language/web-idl.ts'
import { dispatchOf, Event, type EventInit } from './event.ts'

/** The DOM standard's `CustomEvent`. */
export class CustomEvent extends Event {
  #detail: unknown

  constructor(type: string, init?: EventInit & { detail?: unknown }) {
    needArguments(arguments.length, 1, 'make an event')
    super(type, init)
    const { detail } = toDictionary(init)
    this.#detail = detail === undefined ? null : detail
  }

  get detail(): unknown {
    return this.#detail
  }

  initCustomEvent(type: string, bubbles = false, cancelable = false, detail: unknown = null): void {
    needArguments(arguments.length, 1, 'initialise an event')
    const { isDispatching } = dispatchOf(this)!
    this.initEvent(type, bubbles, cancelable)
    if (!isDispatching) this.#detail = detail
  }
}

tagClass(CustomEvent, 'CustomEvent')
