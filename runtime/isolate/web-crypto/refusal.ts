import { WorkRefused } from '../host-work/host-work.ts'

/** A call of `subtle` that the host does not carry out, as the guest sees it. */
export class CryptoRefusal extends Error {
  /** Of the DOMException. */
  override readonly name: string

  constructor(name: 'OperationError' | 'NotSupportedError' | 'InvalidAccessError', message: string) {
    super(message)
    this.name = name
  }
}

/** Names of exceptions that calls of `subtle` end with. */
const names = new Set([
  'DataError',
  'InvalidAccessError',
  'NotSupportedError',
  'OperationError',
  'QuotaExceededError',
  'SyntaxError',
  'TypeError',
])
const maxMessageUnits = 500

/** `!name\nmessage` of what a call ended with. Errors of other kinds say something of the host: they are not shown. */
export function refusalText(error: unknown): string {
  if (error instanceof WorkRefused) return `!OperationError\n${error.message}`
  if (error instanceof Error || error instanceof DOMException) {
    const { name, message } = error
    if (names.has(name)) return `!${name}\n${message.slice(0, maxMessageUnits)}`
  }
  return '!OperationError\nThe operation failed for an operation-specific reason'
}
