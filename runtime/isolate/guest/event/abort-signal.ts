import { tagClass } from '../boot/class-tag.ts'
import type { Invocation } from '../invocation/invocation.ts'
import { apply, TypeError } from '../primordials.ts'
import { setTimeout } from '../timer/timers.ts'
import { DOMException } from './dom-exception.ts'
import { Event } from './event.ts'
import { dispatchTo, EventTarget } from './event-target.ts'

/** What is called when the signal aborts, before its listeners. Never throws. */
interface Algorithm {
  readonly run: () => void
  isRemoved: boolean
  next: Algorithm | null
}

/** Given to the constructor by the bootstrap, which no guest can name. */
const internal = { __proto__: null }

let newSignal: () => AbortSignal
export let isSignal: (value: unknown) => value is AbortSignal
export let isAborted: (signal: AbortSignal) => boolean
export let reasonOf: (signal: AbortSignal) => unknown
/** Without a reason it is an `AbortError`. Nothing happens the second time. */
export let abort: (signal: AbortSignal, reason: unknown) => void
/** Calls `run` when the signal aborts, the newest first. Returns what takes it back. */
export let onAbort: (signal: AbortSignal, run: () => void) => () => void

/** The DOM standard's `AbortSignal`. */
export class AbortSignal extends EventTarget {
  #isAborted = false
  #reason: unknown = undefined
  #firstAlgorithm: Algorithm | null = null
  #handler: unknown = null
  #isHandlerAdded = false

  constructor(key?: unknown) {
    if (key !== internal) throw new TypeError('Illegal constructor')
    super()
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = newSignal()
    abort(signal, reason)
    return signal
  }

  static timeout(delayMs: number): AbortSignal {
    if (!(delayMs >= 0)) throw new TypeError(`Cannot set a timeout: ${delayMs} ms, must be 0 or more`)
    const signal = newSignal()
    setTimeout(() => abort(signal, reasonNamed('TimeoutError')), delayMs)
    return signal
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const sources: AbortSignal[] = []
    for (const signal of signals) {
      if (!isSignal(signal)) throw new TypeError('Cannot combine signals: each must be an AbortSignal')
      sources[sources.length] = signal
    }
    return dependentSignal(sources)
  }

  get aborted(): boolean {
    return this.#isAborted
  }

  get reason(): unknown {
    return this.#reason
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason
  }

  get onabort(): unknown {
    return this.#handler
  }

  set onabort(handler: unknown) {
    this.#handler = typeof handler === 'function' ? handler : null
    if (this.#isHandlerAdded) return
    this.#isHandlerAdded = true
    this.addEventListener('abort', (event) => {
      if (typeof this.#handler === 'function') apply(this.#handler, this, [event])
    })
  }

  static {
    newSignal = () => new AbortSignal(internal)
    isSignal = (value): value is AbortSignal =>
      typeof value === 'object' && value !== null && #isAborted in value
    isAborted = (signal) => signal.#isAborted
    reasonOf = (signal) => signal.#reason
    abort = (signal, reason) => {
      if (signal.#isAborted) return
      signal.#isAborted = true
      signal.#reason = reason === undefined ? reasonNamed('AbortError') : reason
      let algorithm = signal.#firstAlgorithm
      signal.#firstAlgorithm = null
      for (; algorithm !== null; algorithm = algorithm.next) if (!algorithm.isRemoved) algorithm.run()
      dispatchTo(signal, new Event('abort'))
    }
    onAbort = (signal, run) => {
      const algorithm: Algorithm = { run, isRemoved: false, next: signal.#firstAlgorithm }
      signal.#firstAlgorithm = algorithm
      return () => {
        algorithm.isRemoved = true
        if (signal.#firstAlgorithm === algorithm) signal.#firstAlgorithm = algorithm.next
      }
    }
  }
}

tagClass(AbortSignal, 'AbortSignal')

/** A signal that aborts when one of `sources` does, for the same reason; never, if there is none. */
export function dependentSignal(sources: readonly AbortSignal[]): AbortSignal {
  const signal = newSignal()
  for (let index = 0; index < sources.length; index++) {
    const source = sources[index]!
    if (isAborted(source)) {
      abort(signal, reasonOf(source))
      return signal
    }
  }
  for (let index = 0; index < sources.length; index++) {
    const source = sources[index]!
    onAbort(source, () => abort(signal, reasonOf(source)))
  }
  return signal
}

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
