import { tagClass } from '../boot/class-tag.ts'
import { reportUncaught } from '../invocation/report-uncaught.ts'
import { apply, TypeError } from '../primordials.ts'
import type { AbortSignal } from './abort-signal.ts'
import { DOMException } from './dom-exception.ts'
import { dispatchOf, type Event, type EventDispatch, isCanceled, typeOf } from './event.ts'

export type EventListener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown }

export interface ListenerOptions {
  capture?: boolean
  once?: boolean
  passive?: boolean
  signal?: AbortSignal
}

interface Registration {
  readonly type: string
  readonly listener: EventListener
  readonly isCapturing: boolean
  readonly isOnce: boolean
  readonly isPassive: boolean
  /** Ascending with time. */
  readonly order: number
  isRemoved: boolean
  next: Registration | null
}

/** Dispatches a new event, whatever became of `dispatchEvent`. Never throws. */
export let dispatchTo: (target: EventTarget, event: Event) => void

/** The DOM standard's `EventTarget`. */
export class EventTarget {
  #first: Registration | null = null
  #lastOrder = 0

  addEventListener(type: string, listener: EventListener | null, options?: ListenerOptions | boolean): void {
    const name = `${type}`
    const flags = readOptions(options)
    if (listener === null || listener === undefined) return
    if (typeof listener !== 'function' && typeof listener !== 'object') {
      throw new TypeError('Cannot add a listener: must be a function or an object')
    }
    const { signal } = flags
    if (signal !== null && require('../event/abort-signal.ts').isAborted(signal)) return
    const registration: Registration = {
      type: name,
      listener,
      isCapturing: flags.isCapturing,
      isOnce: flags.isOnce,
      isPassive: flags.isPassive,
      order: ++this.#lastOrder,
      isRemoved: false,
      next: null,
    }
    if (!this.#append(registration) || signal === null) return
    require('../event/abort-signal.ts').onAbort(signal, () => this.#remove(registration))
  }

  removeEventListener(
    type: string,
    listener: EventListener | null,
    options?: ListenerOptions | boolean,
  ): void {
    const name = `${type}`
    const { isCapturing } = readOptions(options)
    for (let one = this.#first; one !== null; one = one.next) {
      if (one.type !== name || one.listener !== listener || one.isCapturing !== isCapturing) continue
      this.#remove(one)
      return
    }
  }

  /** @returns false if a listener prevented the default. */
  dispatchEvent(event: Event): boolean {
    const dispatch = dispatchOf(event)
    if (dispatch === null) throw new TypeError('Cannot dispatch: not an Event')
    if (dispatch.isDispatching) {
      throw new DOMException('Cannot dispatch: the event is being dispatched already', 'InvalidStateError')
    }
    return this.#dispatch(event, dispatch)
  }

  #dispatch(event: Event, dispatch: EventDispatch): boolean {
    dispatch.isDispatching = true
    dispatch.target = dispatch.currentTarget = this
    dispatch.phase = 2
    if (!dispatch.isStopped) {
      this.#callListeners(event, dispatch, true)
      if (!dispatch.isStopped) this.#callListeners(event, dispatch, false)
    }
    dispatch.currentTarget = null
    dispatch.phase = 0
    dispatch.isDispatching = dispatch.isStopped = dispatch.isStoppedAtOnce = false
    return !isCanceled(event)
  }

  #callListeners(event: Event, dispatch: EventDispatch, isCapturing: boolean): void {
    const type = typeOf(event)
    const lastOrder = this.#lastOrder
    for (let one = this.#first; one !== null; one = one.next) {
      // Those that are added while it is dispatched are not called.
      if (one.order > lastOrder) return
      if (one.isRemoved || one.type !== type || one.isCapturing !== isCapturing) continue
      if (one.isOnce) this.#remove(one)
      dispatch.isPassive = one.isPassive
      call(one.listener, event, this)
      dispatch.isPassive = false
      if (dispatch.isStoppedAtOnce) return
    }
  }

  /** @returns false if the same listener is there. */
  #append(registration: Registration): boolean {
    let last: Registration | null = null
    for (let one = this.#first; one !== null; one = one.next) {
      if (
        one.type === registration.type &&
        one.listener === registration.listener &&
        one.isCapturing === registration.isCapturing
      ) {
        return false
      }
      last = one
    }
    if (last === null) this.#first = registration
    else last.next = registration
    return true
  }

  /** It keeps its `next`, so that a dispatch that stands at it goes on. */
  #remove(registration: Registration): void {
    registration.isRemoved = true
    if (this.#first === registration) {
      this.#first = registration.next
      return
    }
    for (let one = this.#first; one !== null; one = one.next) {
      if (one.next === registration) one.next = registration.next
    }
  }

  static {
    dispatchTo = (target, event) => {
      target.#dispatch(event, dispatchOf(event)!)
    }
  }
}

tagClass(EventTarget, 'EventTarget')

function call(listener: EventListener, event: Event, target: EventTarget): void {
  try {
    if (typeof listener === 'function') apply(listener, target, [event])
    else listener.handleEvent(event)
  } catch (thrown) {
    reportUncaught(thrown)
  }
}

interface ListenerFlags {
  readonly isCapturing: boolean
  readonly isOnce: boolean
  readonly isPassive: boolean
  readonly signal: AbortSignal | null
}

function readOptions(options: ListenerOptions | boolean | undefined): ListenerFlags {
  if (typeof options !== 'object' || options === null) {
    return { isCapturing: !!options, isOnce: false, isPassive: false, signal: null }
  }
  const { capture, once, passive, signal } = options
  if (signal !== undefined && !require('../event/abort-signal.ts').isSignal(signal)) {
    throw new TypeError('Cannot add a listener: signal must be an AbortSignal')
  }
  return { isCapturing: !!capture, isOnce: !!once, isPassive: !!passive, signal: signal ?? null }
}
