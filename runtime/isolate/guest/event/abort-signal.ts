import { tagClass } from '../boot/class-tag.ts'
import type { Invocation } from '../invocation/invocation.ts'
import { newList } from '../language/list.ts'
import { toSequence } from '../language/web-idl.ts'
import { floor, TypeError } from '../primordials.ts'
import { AbortAlgorithms } from './abort-algorithms.ts'
import { type AbortLink, AbortLinks } from './abort-links.ts'
import { AbortTimeout } from './abort-timeout.ts'
import { DOMException } from './dom-exception.ts'
import { Event } from './event.ts'
import { dispatchTo, EventTarget, hasListeners, listenersOf, watchListeners } from './event-target.ts'

/** Given to the constructor by the bootstrap, which no guest can name. */
const internal = { __proto__: null }

const maxTimeoutMs = 2 ** 53 - 1

/** One that nothing aborts by itself. */
export let newSignal: () => AbortSignal
/** A signal that aborts when one of `sources` does, for the same reason; never, if there is none. */
export let dependentSignal: (sources: readonly AbortSignal[]) => AbortSignal
export let isSignal: (value: unknown) => value is AbortSignal
export let isAborted: (signal: AbortSignal) => boolean
export let reasonOf: (signal: AbortSignal) => unknown
/** Without a reason it is an `AbortError`. Nothing happens the second time. */
export let abort: (signal: AbortSignal, reason: unknown) => void
/** Calls `run`, which must not throw, when the signal aborts, before its listeners. Returns what takes it back. */
export let onAbort: (signal: AbortSignal, run: () => void) => () => void

/** The DOM standard's `AbortSignal`. */
export class AbortSignal extends EventTarget {
  #isAborted = false
  #reason: unknown = undefined
  readonly #algorithms = new AbortAlgorithms()
  /** Signals that abort when this one does. */
  #dependents: AbortLinks | null = null
  /** Of a dependent signal: by what it hangs on its sources, none of which is dependent itself. */
  #links: AbortLink[] | null = null
  #timeout: AbortTimeout | null = null

  constructor(key?: unknown) {
    if (key !== internal) throw new TypeError('Illegal constructor')
    super()
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = newSignal()
    abort(signal, reason)
    return signal
  }

  static timeout(milliseconds: number): AbortSignal {
    const delayMs = +milliseconds
    if (!(delayMs > -1 && delayMs < maxTimeoutMs + 1)) {
      throw new TypeError(`Cannot set a timeout: ${delayMs} ms, must be 0 to ${maxTimeoutMs}`)
    }
    const signal = newSignal()
    signal.#timeout = new AbortTimeout(floor(delayMs), () => abort(signal, reasonNamed('TimeoutError')))
    watchListeners(signal, () => signal.#noteObservers())
    return signal
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const sources = toSequence(signals, 'signals')
    for (let index = 0; index < sources.length; index++) {
      if (!isSignal(sources[index])) {
        throw new TypeError('Cannot combine signals: each must be an AbortSignal')
      }
    }
    return dependentSignal(sources as AbortSignal[])
  }

  get aborted(): boolean {
    return isAborted(this)
  }

  get reason(): unknown {
    return isAborted(this) ? this.#reason : undefined
  }

  throwIfAborted(): void {
    if (isAborted(this)) throw this.#reason
  }

  get onabort(): unknown {
    return listenersOf(this).handlerOf('abort')
  }

  set onabort(handler: unknown) {
    listenersOf(this).setHandler('abort', handler)
  }

  #hangOn(source: AbortSignal): void {
    const links = this.#links!
    for (let index = 0; index < links.length; index++) if (links[index]!.source === source) return
    source.#dependents ??= new AbortLinks()
    links[links.length] = source.#dependents.add(source, this)
  }

  /**
   * Somebody has begun or ceased to care whether the signal aborts. Nobody's timeout costs a timer, and keeps no
   * request waiting; a dependent that nobody listens to may be forgotten.
   */
  #noteObservers(): void {
    const isObserved =
      !this.#isAborted &&
      (hasListeners(this, 'abort') || !this.#algorithms.isEmpty || this.#dependents?.isObserved === true)
    this.#timeout?.arm(isObserved)
    const links = this.#links
    if (links === null) return
    for (let index = 0; index < links.length; index++) {
      const link = links[index]!
      link.held = isObserved ? this : null
      link.source.#noteObservers()
    }
  }

  #markAborted(reason: unknown): void {
    this.#isAborted = true
    this.#reason = reason
    const links = this.#links
    if (links !== null) {
      for (let index = 0; index < links.length; index++) links[index]!.isCut = true
    }
    this.#noteObservers()
    this.#timeout = this.#links = null
  }

  #runSteps(): void {
    this.#algorithms.runAll()
    if (hasListeners(this, 'abort')) dispatchTo(this, new Event('abort'))
  }

  /** A timeout that nobody listens to has no timer: whether its time has come is seen when somebody asks. */
  #checkTimeouts(): void {
    if (this.#isAborted) return
    if (this.#timeout?.isOver()) {
      abort(this, reasonNamed('TimeoutError'))
      return
    }
    const links = this.#links
    for (let index = 0; links !== null && index < links.length; index++) links[index]!.source.#checkTimeouts()
  }

  static {
    newSignal = () => new AbortSignal(internal)
    dependentSignal = (sources) => {
      const signal = newSignal()
      for (let index = 0; index < sources.length; index++) {
        const source = sources[index]!
        if (!isAborted(source)) continue
        signal.#markAborted(source.#reason)
        return signal
      }
      signal.#links = newList()
      for (let index = 0; index < sources.length; index++) {
        const source = sources[index]!
        if (source.#links === null) signal.#hangOn(source)
        else for (let at = 0; at < source.#links.length; at++) signal.#hangOn(source.#links[at]!.source)
      }
      watchListeners(signal, () => signal.#noteObservers())
      return signal
    }
    isSignal = (value): value is AbortSignal =>
      typeof value === 'object' && value !== null && #isAborted in value
    isAborted = (signal) => {
      signal.#checkTimeouts()
      return signal.#isAborted
    }
    reasonOf = (signal) => signal.#reason
    abort = (signal, reason) => {
      if (signal.#isAborted) return
      const given = reason === undefined ? reasonNamed('AbortError') : reason
      const dependents = signal.#dependents?.dependents() ?? newList()
      signal.#dependents = null
      signal.#markAborted(given)
      const aborting = newList<AbortSignal>()
      for (let index = 0; index < dependents.length; index++) {
        const dependent = dependents[index]!
        if (dependent.#isAborted) continue
        dependent.#markAborted(given)
        aborting[aborting.length] = dependent
      }
      signal.#runSteps()
      for (let index = 0; index < aborting.length; index++) aborting[index]!.#runSteps()
    }
    onAbort = (signal, run) => {
      const remove = signal.#algorithms.add(run)
      signal.#noteObservers()
      return () => {
        remove()
        signal.#noteObservers()
      }
    }
  }
}

tagClass(AbortSignal, 'AbortSignal')

/** The signal of a request that came in: it aborts when the host settles the request by itself. */
export function signalOf(invocation: Invocation): AbortSignal {
  if (invocation.signal === null) {
    invocation.signal = newSignal()
    if (invocation.abortName !== '') abortByHost(invocation.signal, invocation.abortName)
  }
  return invocation.signal
}

/** `name` is that of a DOMException. */
export function abortByHost(signal: AbortSignal, name: string): void {
  abort(signal, reasonNamed(name))
}

function reasonNamed(name: string): DOMException {
  return new DOMException(
    name === 'TimeoutError' ? 'The operation took too long' : 'The operation was aborted',
    name,
  )
}
