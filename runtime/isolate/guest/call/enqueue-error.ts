import { defineOwn } from '../language/define-own.ts'
import { defineProperty, Error } from '../primordials.ts'

/** Why a call was not accepted. */
export class EnqueueError extends Error {
  /** One of the stable codes, such as `queue_full`. */
  declare readonly code: string
  /** Of the call that was given the same `id` before. */
  declare readonly invocationId?: string
  /** Where that is on its way; null if that cannot be known now. */
  declare readonly state?: string | null

  constructor(code: string, message: string) {
    super(message)
    defineOwn(this, 'code', code)
  }
}

const name = { __proto__: null, value: 'EnqueueError', configurable: true } as PropertyDescriptor
defineProperty(EnqueueError, 'name', name)
defineProperty(EnqueueError.prototype, 'name', name)
