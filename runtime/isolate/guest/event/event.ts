import { tagClass } from '../boot/class-tag.ts'
import { monotonicMs } from '../host.ts'
import type { EventTarget } from './event-target.ts'

export interface EventInit {
  bubbles?: boolean
  cancelable?: boolean
  composed?: boolean
}

/** What a dispatch writes into an event. */
export interface EventDispatch {
  target: EventTarget | null
  currentTarget: EventTarget | null
  phase: number
  isDispatching: boolean
  isStopped: boolean
  isStoppedAtOnce: boolean
  isPassive: boolean
}

/** null if it is no event. */
export let dispatchOf: (event: unknown) => EventDispatch | null
export let isCanceled: (event: Event) => boolean
/** The type, whatever became of the getter. */
export let typeOf: (event: Event) => string

/** The DOM standard's `Event`. There is no tree: an event visits its target alone. */
export class Event {
  readonly #type: string
  readonly #bubbles: boolean
  readonly #cancelable: boolean
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
  }

  constructor(type: string, init: EventInit = {}) {
    this.#type = `${type}`
    this.#bubbles = !!init.bubbles
    this.#cancelable = !!init.cancelable
    this.#composed = !!init.composed
  }

  get type(): string {
    return this.#type
  }

  get target(): EventTarget | null {
    return this.#dispatch.target
  }

  get srcElement(): EventTarget | null {
    return this.#dispatch.target
  }

  get currentTarget(): EventTarget | null {
    return this.#dispatch.currentTarget
  }

  get eventPhase(): number {
    return this.#dispatch.phase
  }

  get bubbles(): boolean {
    return this.#bubbles
  }

  get cancelable(): boolean {
    return this.#cancelable
  }

  get composed(): boolean {
    return this.#composed
  }

  get timeStamp(): number {
    return this.#timeStamp
  }

  get defaultPrevented(): boolean {
    return this.#isCanceled
  }

  get returnValue(): boolean {
    return !this.#isCanceled
  }

  set returnValue(value: boolean) {
    if (!value) this.preventDefault()
  }

  get cancelBubble(): boolean {
    return this.#dispatch.isStopped
  }

  set cancelBubble(value: boolean) {
    if (value) this.#dispatch.isStopped = true
  }

  get isTrusted(): boolean {
    return false
  }

  composedPath(): EventTarget[] {
    const { currentTarget } = this.#dispatch
    return currentTarget === null ? [] : [currentTarget]
  }

  preventDefault(): void {
    if (this.#cancelable && !this.#dispatch.isPassive) this.#isCanceled = true
  }

  stopPropagation(): void {
    this.#dispatch.isStopped = true
  }

  stopImmediatePropagation(): void {
    this.#dispatch.isStopped = true
    this.#dispatch.isStoppedAtOnce = true
  }

  static {
    dispatchOf = (event) =>
      typeof event === 'object' && event !== null && #type in event ? event.#dispatch : null
    isCanceled = (event) => event.#isCanceled
    typeOf = (event) => event.#type
  }
}

tagClass(Event, 'Event')
