import { promiseReject, TypeError } from '../primordials.ts'

/** The first argument by which a constructor knows that the bootstrap calls it. Guests hold the classes, but never this. */
export const internal: object = { __proto__: null }

/** @throws TypeError if a guest calls a constructor that Web IDL has none of. */
export function checkInternal(key: unknown): void {
  if (key !== internal) throw new TypeError('Illegal constructor')
}

/** What methods that answer with a promise do when they are called on something else. */
export function rejectIllegal(): Promise<never> {
  return promiseReject(new TypeError('Illegal invocation'))
}
