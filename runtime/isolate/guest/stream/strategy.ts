import { toDictionary } from '../language/web-idl.ts'
import { RangeError, TypeError } from '../primordials.ts'

/** What a chunk counts. Answers and throws what a guest likes. */
type SizeOf = (chunk: unknown) => unknown

/** What a stream's constructor takes, as guests give it. */
export interface QueuingStrategy {
  readonly highWaterMark?: unknown
  readonly size?: unknown
}

interface GivenStrategy {
  readonly highWaterMark: number | undefined
  readonly sizeOf: SizeOf | null
}

/** How much a stream holds before it asks its maker to wait. */
export interface Strategy {
  readonly highWaterMark: number
  /** null = each chunk counts one. */
  readonly sizeOf: SizeOf | null
}

/** Reads what is given as Web IDL says. The standard checks it later: `checkStrategy`. */
export function readStrategy(given: QueuingStrategy | null | undefined): GivenStrategy {
  const dictionary = toDictionary(given)
  const mark = dictionary.highWaterMark
  const highWaterMark = mark === undefined ? undefined : +(mark as number)
  const { size } = dictionary
  if (size === undefined) return { highWaterMark, sizeOf: null }
  if (typeof size === 'function') return { highWaterMark, sizeOf: size as SizeOf }
  throw new TypeError(`Cannot make a stream: the strategy's size is ${typeof size}, must be a function`)
}

/** @throws RangeError if the high-water mark is negative or no number. */
export function checkStrategy(given: GivenStrategy, defaultHighWaterMark: number): Strategy {
  const { highWaterMark = defaultHighWaterMark, sizeOf } = given
  if (highWaterMark >= 0) return { highWaterMark, sizeOf }
  throw new RangeError(`Cannot make a stream: highWaterMark is ${highWaterMark}, must be 0 or more`)
}
