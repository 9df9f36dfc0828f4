import { globalListeners } from '../event/global-listeners.ts'
import { log, logLevel } from '../host.ts'
import { isError } from '../primordials.ts'
import { currentRequestId } from './current-request.ts'
import { describeThrown, inspectSafely } from './describe-thrown.ts'

/**
 * Reports what a callback threw that nobody called: a timer, a microtask, an event listener. The global's `error`
 * listeners are told; unless one of them prevents it, it is noted in the log. Never throws.
 */
export function reportUncaught(thrown: unknown): void {
  const text = describeUncaught(thrown)
  try {
    const { list } = globalListeners
    if (list?.has('error') && require('../event/uncaught-error.ts').dispatchError(list, thrown, text)) return
  } catch {
    // Stack or memory are used up: then it is only noted.
  }
  log(currentRequestId(), logLevel.error, text.stack === '' ? text.message : `Uncaught ${text.stack}`)
}

/** Of what is no error nothing is read that would call the guest. */
function describeUncaught(thrown: unknown): { readonly message: string; readonly stack: string } {
  if (isError(thrown)) {
    const { name, message, stack } = describeThrown(thrown)
    return { message: `Uncaught ${name}: ${message}`, stack }
  }
  return { message: `Uncaught ${inspectSafely(thrown)}`, stack: '' }
}
