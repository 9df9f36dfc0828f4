import {
  apply,
  asyncIterator,
  iterator,
  promiseReject,
  promiseResolve,
  promiseThen,
  TypeError,
} from '../primordials.ts'
import type { GuestMethod } from './guest-arguments.ts'
import { settled } from './promise-steps.ts'
import type { ReadableSource } from './pulling-controller.ts'
import { ReadableControllerState } from './readable-controller-state.ts'
import { ReadableState } from './readable-state.ts'

/**
 * What `ReadableStream.from` makes: a stream of what can be iterated, which is asked for an item when somebody reads.
 *
 * @throws TypeError if it cannot be iterated; what its iterator's making throws.
 */
export function readableFrom(items: unknown): ReadableState {
  const source = new IteratorSource(items)
  const stream = new ReadableState()
  source.controller = new ReadableControllerState(stream, source, { highWaterMark: 0, sizeOf: null })
  source.controller.start(settled)
  return stream
}

class IteratorSource implements ReadableSource {
  /** Set before it is asked for anything. */
  controller!: ReadableControllerState
  readonly #iterator: object
  readonly #next: GuestMethod
  /** Whether items are awaited here, as the language does for iterators that are not asynchronous. */
  readonly #isSynchronous: boolean

  constructor(items: unknown) {
    let open = methodOf(items, asyncIterator)
    this.#isSynchronous = open === null
    open ??= methodOf(items, iterator)
    if (open === null) throw new TypeError('Cannot make a stream: there is nothing to iterate')
    this.#iterator = checkObject(apply(open, items, []), 'iterator')
    this.#next = (this.#iterator as { next: GuestMethod }).next
  }

  pull(): Promise<unknown> {
    let result: Promise<unknown>
    try {
      result = this.#settle(apply(this.#next, this.#iterator, []))
    } catch (thrown) {
      return promiseReject(thrown)
    }
    return promiseThen(result, (answer) => {
      const { done, value } = checkObject(answer, 'result of next') as IteratorResult<unknown>
      if (done) this.controller.close()
      else this.controller.enqueue(value)
    })
  }

  cancel(reason: unknown): Promise<unknown> {
    let result: Promise<unknown>
    try {
      const finish = methodOf(this.#iterator, 'return')
      if (finish === null) return settled
      result = this.#settle(apply(finish, this.#iterator, [reason]))
    } catch (thrown) {
      return promiseReject(thrown)
    }
    return promiseThen(result, (answer) => {
      checkObject(answer, 'result of return')
    })
  }

  #settle(answer: unknown): Promise<unknown> {
    if (!this.#isSynchronous) return promiseResolve(answer)
    const { done, value } = checkObject(answer, 'result of the iterator') as IteratorResult<unknown>
    return promiseThen(promiseResolve(value), (settledValue) => ({ done, value: settledValue }))
  }
}

/** @throws TypeError if it is there, and no function. */
function methodOf(holder: unknown, key: PropertyKey): GuestMethod | null {
  const method = (holder as Record<PropertyKey, unknown>)[key]
  if (method === undefined || method === null) return null
  if (typeof method === 'function') return method as GuestMethod
  throw new TypeError(`Cannot iterate: a method of the iterator is ${typeof method}, must be a function`)
}

function checkObject(value: unknown, what: string): object {
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') return value
  throw new TypeError(`Cannot iterate: the ${what} is ${typeof value}, must be an object`)
}
