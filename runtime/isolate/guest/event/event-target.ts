import { tagClass } from '../boot/class-tag.ts'
import { needArguments } from '../language/web-idl.ts'
import { getPrototypeOf, globalObject, setPrototypeOf, TypeError } from '../primordials.ts'
import type { AbortSignal } from './abort-signal.ts'
import { DOMException } from './dom-exception.ts'
import { dispatchOf, type Event } from './event.ts'
import { globalListeners } from './global-listeners.ts'
import { type EventListener, ListenerList } from './listener-list.ts'

export interface ListenerOptions {
  capture?: boolean
  once?: boolean
  passive?: boolean
  signal?: AbortSignal
}

/** Dispatches a new event of the platform's own. Never throws. @returns false if its default was prevented. */
export let dispatchTo: (target: EventTarget, event: Event) => boolean
export let hasListeners: (target: EventTarget, type: string) => boolean
/** `onChange` is called whenever a listener of the target was added or removed. */
export let watchListeners: (target: EventTarget, onChange: () => void) => void

let listenersOf: (target: unknown) => ListenerList

/** The DOM standard's `EventTarget`. */
export class EventTarget {
  #listeners: ListenerList | null = null

  addEventListener(
    type: string,
    callback: EventListener | null,
    options?: ListenerOptions | boolean | null,
  ): void {
    needArguments(arguments.length, 2, 'add a listener')
    const list = listenersOf(this)
    const name = `${type}`
    const listener = toListener(callback)
    const flags = readAddOptions(options)
    const { signal } = flags
    if (listener === null) return
    if (signal !== null && require('../event/abort-signal.ts').isAborted(signal)) return
    const registration = list.add(name, listener, flags)
    if (registration === null || signal === null) return
    require('../event/abort-signal.ts').onAbort(signal, () => list.remove(registration))
  }

  removeEventListener(
    type: string,
    callback: EventListener | null,
    options?: { capture?: boolean } | boolean | null,
  ): void {
    needArguments(arguments.length, 2, 'remove a listener')
    const list = listenersOf(this)
    const name = `${type}`
    const listener = toListener(callback)
    list.removeListener(name, listener, readCapture(options))
  }

  /** @returns false if a listener prevented the default. */
  dispatchEvent(event: Event): boolean {
    const list = listenersOf(this)
    const dispatch = dispatchOf(event)
    if (dispatch === null) throw new TypeError('Cannot dispatch: not an Event')
    if (dispatch.isDispatching) {
      throw new DOMException('Cannot dispatch: the event is being dispatched already', 'InvalidStateError')
    }
    dispatch.isTrusted = false
    return list.dispatch(event, dispatch, this ?? globalObject)
  }

  static {
    listenersOf = (target) => {
      // As Web IDL has it for the operations of the global: called without an object they are its own.
      if (target === undefined || target === null || target === globalObject) return listenersOfGlobal()
      if (typeof target !== 'object' || !(#listeners in target)) {
        throw new TypeError('Illegal invocation: not an EventTarget')
      }
      target.#listeners ??= new ListenerList(null)
      return target.#listeners
    }
    dispatchTo = (target, event) => {
      const dispatch = dispatchOf(event)!
      dispatch.isTrusted = true
      const list = target.#listeners
      if (list !== null) return list.dispatch(event, dispatch, target)
      dispatch.target = target
      return true
    }
    hasListeners = (target, type) => target.#listeners?.has(type) === true
    watchListeners = (target, onChange) => {
      target.#listeners = new ListenerList(onChange)
    }
  }
}

tagClass(EventTarget, 'EventTarget')

// The global is one, too. Nobody can have asked whether it is an instance before this class was there.
setPrototypeOf(EventTarget.prototype, getPrototypeOf(globalObject))
setPrototypeOf(globalObject, EventTarget.prototype)

export { listenersOf }

function listenersOfGlobal(): ListenerList {
  globalListeners.list ??= new ListenerList(globalListeners.onChange)
  return globalListeners.list
}

function toListener(callback: unknown): EventListener | null {
  if (callback === null || callback === undefined) return null
  if (typeof callback === 'function' || typeof callback === 'object') return callback as EventListener
  throw new TypeError(`Cannot take a listener: ${typeof callback}, must be a function or an object`)
}

interface AddFlags {
  readonly isCapturing: boolean
  readonly isOnce: boolean
  readonly isPassive: boolean
  readonly signal: AbortSignal | null
}

const noFlags: AddFlags = { isCapturing: false, isOnce: false, isPassive: false, signal: null }

function readAddOptions(options: ListenerOptions | boolean | null | undefined): AddFlags {
  if (options === undefined || options === null || options === false) return noFlags
  if (!isDictionary(options)) return { ...noFlags, isCapturing: !!options }
  const { capture, once, passive, signal } = options
  if (signal !== undefined && !require('../event/abort-signal.ts').isSignal(signal)) {
    throw new TypeError('Cannot add a listener: signal must be an AbortSignal')
  }
  return { isCapturing: !!capture, isOnce: !!once, isPassive: !!passive, signal: signal ?? null }
}

function readCapture(options: { capture?: boolean } | boolean | null | undefined): boolean {
  return isDictionary(options) ? !!options.capture : !!options
}

function isDictionary<Options extends object>(
  options: Options | boolean | null | undefined,
): options is Options {
  return (typeof options === 'object' && options !== null) || typeof options === 'function'
}
