import { toDictionary } from '../language/web-idl.ts'
import { apply, RangeError, TypeError } from '../primordials.ts'
import { checkObject, type GuestMethod, readMethod, toCount } from './guest-arguments.ts'
import { internal } from './internal.ts'
import { callForPromise, resolvedWith, settled } from './promise-steps.ts'
import type { ReadableSource } from './pulling-controller.ts'
import { ReadableStreamDefaultController } from './readable-controller.ts'
import { ReadableControllerState } from './readable-controller-state.ts'
import type { ReadableState } from './readable-state.ts'
import { checkStrategy, type QueuingStrategy, readStrategy } from './strategy.ts'

/** What `new ReadableStream(source)` takes, as guests give it. */
export interface UnderlyingSource {
  readonly autoAllocateChunkSize?: unknown
  readonly cancel?: unknown
  readonly pull?: unknown
  readonly start?: unknown
  readonly type?: unknown
}

/** An `UnderlyingSource` of which each member was read once, in the order of Web IDL. */
export class GuestSource implements ReadableSource {
  /** undefined = readers that bring no buffer get what the source enqueues. */
  readonly autoAllocateChunkSize: number | undefined
  readonly isBytes: boolean
  /** What its functions are given. Set before they are called. */
  controller: object | null = null
  /** What they are called on. */
  readonly #self: unknown
  readonly #cancel: GuestMethod | null
  readonly #pull: GuestMethod | null
  readonly #start: GuestMethod | null

  constructor(self: UnderlyingSource | undefined) {
    const holder = toDictionary(self)
    this.#self = self
    const size = holder.autoAllocateChunkSize
    this.autoAllocateChunkSize = size === undefined ? undefined : toCount(size, 'autoAllocateChunkSize')
    this.#cancel = readMethod(holder, 'cancel')
    this.#pull = readMethod(holder, 'pull')
    this.#start = readMethod(holder, 'start')
    this.isBytes = readIsBytes(holder.type)
  }

  /** @throws what `start` throws. */
  start(): Promise<unknown> {
    if (this.#start === null) return settled
    return resolvedWith(apply(this.#start, this.#self, [this.controller]))
  }

  pull(): Promise<unknown> {
    return this.#pull === null ? settled : callForPromise(this.#pull, this.#self, [this.controller])
  }

  cancel(reason: unknown): Promise<unknown> {
    return this.#cancel === null ? settled : callForPromise(this.#cancel, this.#self, [reason])
  }
}

/**
 * Gives a new stream its controller, and starts its source.
 *
 * @throws what the standard has for arguments that make no sense; what the source's `start` throws.
 */
export function setUpReadable(
  stream: ReadableState,
  underlying: UnderlyingSource | undefined,
  given: QueuingStrategy | undefined,
): void {
  checkObject(underlying, 'source')
  const strategy = readStrategy(given)
  const source = new GuestSource(underlying)
  if (!source.isBytes) {
    const controller = new ReadableControllerState(stream, source, checkStrategy(strategy, 1))
    source.controller = new ReadableStreamDefaultController(internal, controller)
    controller.start(source.start())
    return
  }
  if (strategy.sizeOf !== null)
    throw new RangeError(
      'Cannot make a byte stream: the strategy has a size, but bytes count as many as they are',
    )
  const { highWaterMark } = checkStrategy(strategy, 0)
  require('../stream/byte-controller.ts').setUpBytes(stream, source, highWaterMark)
}

function readIsBytes(type: unknown): boolean {
  if (type === undefined) return false
  const text = `${type}`
  if (text === 'bytes') return true
  throw new TypeError(`Cannot make a stream: type is ${text}, must be "bytes" or left out`)
}
