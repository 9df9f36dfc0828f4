import { apply, globalObject } from '../primordials.ts'
import { cancelEvent, type Event, typeOf } from './event.ts'

/** Calls the value of an event handler attribute as HTML has it. An object that is no function is kept, but not called. */
export function callHandler(handler: unknown, event: Event, target: object): void {
  if (typeof handler !== 'function') return
  if (target === globalObject && typeOf(event) === 'error') {
    const error = require('../event/error-event.ts').errorDetailsOf(event)
    if (error !== null) {
      const { message, filename, lineno, colno } = error
      // `onerror` alone is given five arguments, and says with true that it has dealt with the error.
      if (apply(handler, target, [message, filename, lineno, colno, error.error]) === true) cancelEvent(event)
      return
    }
  }
  if (apply(handler, target, [event]) === false) cancelEvent(event)
}
