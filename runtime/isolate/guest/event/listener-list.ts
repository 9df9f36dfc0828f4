import { reportUncaught } from '../invocation/report-uncaught.ts'
import { apply, TypeError } from '../primordials.ts'
import { type Event, type EventDispatch, isCanceled, typeOf } from './event.ts'
import { callHandler } from './handler-call.ts'

export type EventListener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown }

export interface ListenerFlags {
  readonly isCapturing: boolean
  readonly isOnce: boolean
  readonly isPassive: boolean
}

/** One listener of one target. */
export interface Registration extends ListenerFlags {
  readonly type: string
  /** For an event handler attribute (`onmessage`) its value, which may be replaced. */
  listener: EventListener
  readonly isHandler: boolean
  /** Ascending with time. */
  readonly order: number
  isRemoved: boolean
  next: Registration | null
}

const atTarget = 2
const handlerFlags: ListenerFlags = { isCapturing: false, isOnce: false, isPassive: false }

/** The listeners of one target, in order. */
export class ListenerList {
  #first: Registration | null = null
  #lastOrder = 0
  /** Called after a listener was added or removed. */
  readonly #onChange: (() => void) | null

  constructor(onChange: (() => void) | null) {
    this.#onChange = onChange
  }

  has(type: string): boolean {
    for (let one = this.#first; one !== null; one = one.next) if (one.type === type) return true
    return false
  }

  /** @returns null if the same listener is there already. */
  add(type: string, listener: EventListener, flags: ListenerFlags): Registration | null {
    return this.#find(type, listener, flags.isCapturing) === null
      ? this.#append(type, listener, flags, false)
      : null
  }

  removeListener(type: string, listener: EventListener | null, isCapturing: boolean): void {
    const registration = this.#find(type, listener, isCapturing)
    if (registration !== null) this.remove(registration)
  }

  /** It keeps its `next`, so that a dispatch that stands at it goes on. */
  remove(registration: Registration): void {
    if (registration.isRemoved) return
    registration.isRemoved = true
    if (this.#first === registration) this.#first = registration.next
    else {
      for (let one = this.#first; one !== null; one = one.next) {
        if (one.next === registration) one.next = registration.next
      }
    }
    this.#onChange?.()
  }

  /** The value of an event handler attribute. */
  handlerOf(type: string): unknown {
    return this.#findHandler(type)?.listener ?? null
  }

  /** Sets an event handler attribute; what is no object unsets it. A new value keeps the old one's turn. */
  setHandler(type: string, value: unknown): void {
    const registration = this.#findHandler(type)
    const isHandler = typeof value === 'function' || (typeof value === 'object' && value !== null)
    if (!isHandler) {
      if (registration !== null) this.remove(registration)
    } else if (registration !== null) registration.listener = value as EventListener
    else this.#append(type, value as EventListener, handlerFlags, true)
  }

  /**
   * The event must not be dispatching already.
   *
   * @returns false if a listener prevented the default.
   */
  dispatch(event: Event, dispatch: EventDispatch, target: object): boolean {
    dispatch.isDispatching = true
    dispatch.target = dispatch.currentTarget = target
    dispatch.phase = atTarget
    if (!dispatch.isStopped) {
      this.#call(event, dispatch, target, true)
      if (!dispatch.isStopped) this.#call(event, dispatch, target, false)
    }
    dispatch.currentTarget = null
    dispatch.phase = 0
    dispatch.isDispatching = dispatch.isStopped = dispatch.isStoppedAtOnce = false
    return !isCanceled(event)
  }

  #call(event: Event, dispatch: EventDispatch, target: object, isCapturing: boolean): void {
    const type = typeOf(event)
    const lastOrder = this.#lastOrder
    for (let one = this.#first; one !== null; one = one.next) {
      // Those that are added while it is dispatched are not called.
      if (one.order > lastOrder) return
      if (one.isRemoved || one.type !== type || one.isCapturing !== isCapturing) continue
      if (one.isOnce) this.remove(one)
      dispatch.isPassive = one.isPassive
      try {
        if (one.isHandler) callHandler(one.listener, event, target)
        else callListener(one.listener, event, target)
      } catch (thrown) {
        reportUncaught(thrown)
      }
      dispatch.isPassive = false
      if (dispatch.isStoppedAtOnce) return
    }
  }

  #find(type: string, listener: EventListener | null, isCapturing: boolean): Registration | null {
    for (let one = this.#first; one !== null; one = one.next) {
      if (one.type === type && one.listener === listener && one.isCapturing === isCapturing && !one.isHandler)
        return one
    }
    return null
  }

  #findHandler(type: string): Registration | null {
    for (let one = this.#first; one !== null; one = one.next)
      if (one.isHandler && one.type === type) return one
    return null
  }

  #append(type: string, listener: EventListener, flags: ListenerFlags, isHandler: boolean): Registration {
    const registration: Registration = {
      type,
      listener,
      isCapturing: flags.isCapturing,
      isOnce: flags.isOnce,
      isPassive: flags.isPassive,
      isHandler,
      order: ++this.#lastOrder,
      isRemoved: false,
      next: null,
    }
    let last = this.#first
    if (last === null) this.#first = registration
    else {
      while (last.next !== null) last = last.next
      last.next = registration
    }
    this.#onChange?.()
    return registration
  }
}

function callListener(listener: EventListener, event: Event, target: object): void {
  if (typeof listener === 'function') {
    apply(listener, target, [event])
    return
  }
  const { handleEvent } = listener
  if (typeof handleEvent !== 'function') {
    throw new TypeError('Cannot call a listener: neither a function nor an object with handleEvent')
  }
  apply(handleEvent, listener, [event])
}
