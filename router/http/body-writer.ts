import type { FailedOutcome } from '../../runtime/index.ts'

/** Writes the body of one response that streams. Its calls are made in a cork, the head was written before. */
export interface BodyWriter {
  /** The socket took all it could: nothing is to be written until it is writable. */
  readonly isBlocked: boolean
  /** What the socket took, as far as is known. */
  readonly takenBytes: number
  /** The client has the whole response, as far as it is ours to say; the response object is dead. */
  readonly isDone: boolean
  /** Whether no byte is missing once these are written. */
  isLast(bytes: Uint8Array): boolean
  /** Returns what could not be written, null if all was. */
  write(bytes: Uint8Array): Uint8Array | null
  /** The socket may take more. */
  unblock(): void
  /** Why the body may not end yet, null if it may. */
  shortfall(): FailedOutcome | null
  /** The body has ended. */
  end(): void
}
