import { log, logLevel } from '../host.ts'
import { currentRequestId } from '../invocation/current-request.ts'
import type { ThrownText } from '../invocation/describe-thrown.ts'
import { ignoreRejection } from '../language/deferred.ts'
import { defineOwn } from '../language/define-own.ts'
import { errorConstructor } from '../language/error-constructor.ts'
import { Error, globalObject, promiseReject } from '../primordials.ts'
import { dispatchOf } from './event.ts'
import { globalListeners } from './global-listeners.ts'
import { PromiseRejectionEvent } from './promise-rejection-event.ts'

/** Takes `entryFrame.unhandledRejection`, whose number was read. */
export function takeRejection(nextNumber: () => number, nextText: (length: number) => string): void {
  const nameLength = nextNumber()
  const messageLength = nextNumber()
  const stackLength = nextNumber()
  const name = nextText(nameLength)
  const message = nextText(messageLength)
  dispatchRejection({ name, message, stack: nextText(stackLength) })
}

/**
 * Tells the listeners of the global's `unhandledrejection` event; unless one of them prevents it, it is noted in the log.
 *
 * V8 tells of a rejection that nobody handled only to the host, and isolated-vm passes on no more than its text: reason
 * and promise are made anew.
 */
function dispatchRejection({ name, message, stack }: ThrownText): void {
  const Constructor = errorConstructor(name)
  const reason = new Constructor(message)
  if (Constructor === Error && name !== 'Error') defineOwn(reason, 'name', name, false)
  defineOwn(reason, 'stack', stack, false)
  const promise = promiseReject(reason)
  void ignoreRejection(promise)
  const init = { __proto__: null, cancelable: true, promise, reason }
  const event = new PromiseRejectionEvent('unhandledrejection', init)
  const dispatch = dispatchOf(event)!
  dispatch.isTrusted = true
  if (globalListeners.list!.dispatch(event, dispatch, globalObject))
    log(currentRequestId(), logLevel.error, `Unhandled rejection: ${stack === '' ? message : stack}`)
}
