import { guestStackOf } from './guest-stack.ts'

/** A rejection that nobody handled, or what else an entry threw: text of the guest's choosing. */
export interface Rejection {
  readonly name: string
  readonly message: string
  /** '' = it was no error. */
  readonly stack: string
}

const maxNameUnits = 256
const maxTextUnits = 8192
/** Of one entry: nobody is charged for that. */
const maxMapped = 10

/** What isolated-vm throws in place of an object that it does not copy. */
const notCopied = 'An object was thrown from supplied code within isolated-vm'

/** Reads what isolated-vm makes of it: a copy of an error, or a primitive. */
export function rejectionOf(thrown: unknown): Rejection {
  if (!(thrown instanceof Error)) {
    const message = typeof thrown === 'string' ? thrown : String(thrown)
    return { name: 'Error', message: message.slice(0, maxTextUnits), stack: '' }
  }
  const { message } = thrown
  if (String(message).startsWith(notCopied)) {
    return { name: 'Error', message: 'An object that is not an Error', stack: '' }
  }
  const own = guestStackOf(thrown) || `${message}`
  // Of errors with a class of their own only the stack still says what they are called.
  const name = /^[\w$]+(?=[:\n]|$)/.exec(own)?.[0] ?? 'Error'
  return {
    name: name.slice(0, maxNameUnits),
    message: String(message).slice(0, maxTextUnits),
    stack: own.slice(0, maxTextUnits),
  }
}

/** Logs what one entry threw; `mapError` puts stacks into the author's lines. */
export function logRejections(
  rejections: readonly Rejection[],
  mapError: (rejection: Rejection) => Rejection,
  log: (text: string) => void,
): void {
  rejections.forEach((rejection, index) => {
    const { message, stack } = index < maxMapped ? mapError(rejection) : rejection
    log(`Unhandled rejection: ${stack === '' ? message : stack}`)
  })
}
