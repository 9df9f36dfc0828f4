import { captureStack, globalObject } from '../primordials.ts'
import { type ErrorDetails, ErrorEvent } from './error-event.ts'
import { dispatchOf } from './event.ts'
import type { ListenerList } from './listener-list.ts'
import { positionIn } from './stack-position.ts'

/** What a listener of `error` throws is not told to the listeners again. */
let isReporting = false

/**
 * Tells the listeners of the global's `error` event. `stack` is that of `thrown`, '' if it is no error.
 *
 * @returns whether one of them prevented the default.
 */
export function dispatchError(
  listeners: ListenerList,
  thrown: unknown,
  { message, stack }: { readonly message: string; readonly stack: string },
): boolean {
  if (isReporting) return false
  isReporting = true
  try {
    // Without a stack of its own it is taken to be thrown where it is reported.
    const { filename, lineno, colno } = positionIn(stack === '' ? currentStack() : stack)
    const details: ErrorDetails = { message, filename, lineno, colno, error: thrown }
    const event = new ErrorEvent('error', { __proto__: null, cancelable: true, ...details } as object)
    const dispatch = dispatchOf(event)!
    dispatch.isTrusted = true
    return !listeners.dispatch(event, dispatch, globalObject)
  } finally {
    isReporting = false
  }
}

function currentStack(): string {
  const holder = { __proto__: null, stack: '' }
  captureStack(holder)
  return holder.stack
}
