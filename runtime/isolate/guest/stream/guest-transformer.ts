import { toDictionary } from '../language/web-idl.ts'
import { apply, promiseReject, RangeError } from '../primordials.ts'
import { type GuestMethod, readMethod } from './guest-arguments.ts'
import { callForPromise, settled } from './promise-steps.ts'
import type { Transformer, TransformState } from './transform-state.ts'

/** What `new TransformStream(transformer)` takes, as guests give it. */
export interface GivenTransformer {
  readonly cancel?: unknown
  readonly flush?: unknown
  readonly readableType?: unknown
  readonly start?: unknown
  readonly transform?: unknown
  readonly writableType?: unknown
}

/** A transformer of which each member was read once, in the order of Web IDL. Without `transform` chunks stay what they are. */
export class GuestTransformer implements Transformer {
  /** Both are set before the functions are called. */
  state!: TransformState
  controller: object | null = null
  /** What the functions are called on. */
  readonly #self: unknown
  readonly #cancel: GuestMethod | null
  readonly #flush: GuestMethod | null
  readonly #start: GuestMethod | null
  readonly #transform: GuestMethod | null

  constructor(self: GivenTransformer | undefined) {
    const holder = toDictionary(self)
    this.#self = self
    this.#cancel = readMethod(holder, 'cancel')
    this.#flush = readMethod(holder, 'flush')
    const { readableType } = holder
    this.#start = readMethod(holder, 'start')
    this.#transform = readMethod(holder, 'transform')
    const { writableType } = holder
    if (readableType !== undefined || writableType !== undefined)
      throw new RangeError('Cannot make a stream: the transformer has types, of which there are none yet')
  }

  /** @throws what `start` throws. */
  start(): unknown {
    return this.#start === null ? undefined : apply(this.#start, this.#self, [this.controller])
  }

  transform(chunk: unknown): Promise<unknown> {
    if (this.#transform !== null) return callForPromise(this.#transform, this.#self, [chunk, this.controller])
    try {
      this.state.enqueue(chunk)
      return settled
    } catch (thrown) {
      return promiseReject(thrown)
    }
  }

  flush(): Promise<unknown> {
    return this.#flush === null ? settled : callForPromise(this.#flush, this.#self, [this.controller])
  }

  cancel(reason: unknown): Promise<unknown> {
    return this.#cancel === null ? settled : callForPromise(this.#cancel, this.#self, [reason])
  }
}
