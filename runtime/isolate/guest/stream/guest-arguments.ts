import { TypeError, trunc } from '../primordials.ts'

/** A function that a guest gave as a member of a source, sink or transformer. */
export type GuestMethod = (...args: never[]) => unknown

/** @throws TypeError if an optional source, sink or transformer is given, and no object. */
export function checkObject(value: unknown, what: string): void {
  if (value === undefined || typeof value === 'function') return
  if (typeof value === 'object' && value !== null) return
  throw new TypeError(`Cannot make a stream: its ${what} is ${value as string}, must be an object`)
}

/** @throws TypeError if the member is there, and no function. */
export function readMethod(holder: object, name: string): GuestMethod | null {
  const method = (holder as Record<string, unknown>)[name]
  if (method === undefined) return null
  if (typeof method === 'function') return method as GuestMethod
  throw new TypeError(`Cannot make a stream: ${name} is ${typeof method}, must be a function`)
}

/**
 * Web IDL's `[EnforceRange] unsigned long long`.
 *
 * @throws TypeError if it is no such number.
 */
export function toCount(value: unknown, what: string): number {
  const number = trunc(+(value as number))
  if (number >= 0 && number < 2 ** 53) return number + 0
  throw new TypeError(`Cannot read ${what}: ${number}, must be a whole number from 0`)
}
