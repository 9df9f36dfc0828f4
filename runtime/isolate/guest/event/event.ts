import { tagClass } from '../boot/class-tag.ts'
import { monotonicMs } from '../host.ts'
import { needArguments, toDictionary } from '../language/web-idl.ts'
import { defineProperty, getOwnPropertyDescriptor, TypeError } from '../primordials.ts'

export interface EventInit {
  bubbles?: boolean
  cancelable?: boolean
  composed?: boolean
}

/** What a dispatch writes into an event. */
export interface EventDispatch {
  target: object | null
  currentTarget: object | null
  phase: number
  isDispatching: boolean
  isStopped: boolean
  isStoppedAtOnce: boolean
  isPassive: boolean
  /** It comes from the platform, not from the function. */
  isTrusted: boolean
}

/** null if it is no event. */
export let dispatchOf: (event: unknown) => EventDispatch | null
export let isCanceled: (event: Event) => boolean
/** `preventDefault`, whatever became of it. */
export let cancelEvent: (event: Event) => void
/** The type, whatever became of the getter. */
export let typeOf: (event: Event) => string

/** The DOM standard's `Event`. There is no tree: an event visits its target alone. */
export class Event {
  #type: string
  #bubbles: boolean
  #cancelable: boolean
  readonly #composed: boolean
  readonly #timeStamp = monotonicMs()
  #isCanceled = false
  readonly #dispatch: EventDispatch = {
    target: null,
    currentTarget: null,
    phase: 0,
    isDispatching: false,
    isStopped: false,
    isStoppedAtOnce: false,
    isPassive: false,
    isTrusted: false,
  }

  constructor(type: string, init?: EventInit) {
    needArguments(arguments.length, 1, 'make an event')
    this.#type = `${type}`
    const { bubbles, cancelable, composed } = toDictionary(init)
    this.#bubbles = !!bubbles
    this.#cancelable = !!cancelable
    this.#composed = !!composed
    defineProperty(this, 'isTrusted', isTrustedDescriptor)
  }

  get type(): string {
    return this.#type
  }

  get target(): object | null {
    return this.#dispatch.target
  }

  get srcElement(): object | null {
    return this.#dispatch.target
  }

  get currentTarget(): object | null {
    return this.#dispatch.currentTarget
  }

  composedPath(): object[] {
    const { currentTarget } = this.#dispatch
    return currentTarget === null ? [] : [currentTarget]
  }

  get eventPhase(): number {
    return this.#dispatch.phase
  }

  stopPropagation(): void {
    this.#dispatch.isStopped = true
  }

  get cancelBubble(): boolean {
    return this.#dispatch.isStopped
  }

  set cancelBubble(value: boolean) {
    if (value) this.#dispatch.isStopped = true
  }

  stopImmediatePropagation(): void {
    this.#dispatch.isStopped = true
    this.#dispatch.isStoppedAtOnce = true
  }

  get bubbles(): boolean {
    return this.#bubbles
  }

  get cancelable(): boolean {
    return this.#cancelable
  }

  get returnValue(): boolean {
    return !this.#isCanceled
  }

  set returnValue(value: boolean) {
    if (!value) this.#cancel()
  }

  preventDefault(): void {
    this.#cancel()
  }

  get defaultPrevented(): boolean {
    return this.#isCanceled
  }

  get composed(): boolean {
    return this.#composed
  }

  get timeStamp(): number {
    return this.#timeStamp
  }

  initEvent(type: string, bubbles = false, cancelable = false): void {
    needArguments(arguments.length, 1, 'initialise an event')
    const name = `${type}`
    if (this.#dispatch.isDispatching) return
    this.#type = name
    this.#bubbles = !!bubbles
    this.#cancelable = !!cancelable
    this.#isCanceled = this.#dispatch.isStopped = this.#dispatch.isStoppedAtOnce = false
    this.#dispatch.isTrusted = false
    this.#dispatch.target = null
  }

  #cancel(): void {
    if (this.#cancelable && !this.#dispatch.isPassive) this.#isCanceled = true
  }

  static {
    dispatchOf = (event) =>
      typeof event === 'object' && event !== null && #type in event ? event.#dispatch : null
    isCanceled = (event) => event.#isCanceled
    cancelEvent = (event) => event.#cancel()
    typeOf = (event) => event.#type
  }
}

/** Web IDL puts this one on each event, where nobody can replace it; the getter is the same for all. */
const isTrustedDescriptor = {
  __proto__: null,
  get: getOwnPropertyDescriptor(
    {
      get isTrusted(): boolean {
        const dispatch = dispatchOf(this)
        if (dispatch === null) throw new TypeError('Cannot read isTrusted: not an Event')
        return dispatch.isTrusted
      },
    },
    'isTrusted',
  )!.get,
  enumerable: true,
} as PropertyDescriptor

tagClass(Event, 'Event')

const phases = ['NONE', 'CAPTURING_PHASE', 'AT_TARGET', 'BUBBLING_PHASE'] as const
for (let phase = 0; phase < phases.length; phase++) {
  const descriptor = { __proto__: null, value: phase, enumerable: true } as PropertyDescriptor
  defineProperty(Event, phases[phase]!, descriptor)
  defineProperty(Event.prototype, phases[phase]!, descriptor)
}
