import type { FailedOutcome } from './outcome.ts'

/** What is at hand of a body that moves bit by bit. */
export type SourceRead =
  /** The reader's own: nobody else looks at its memory, so that `freeBytes` may be called when it is used up. Never empty. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Nothing yet: wait with `onceReadable`. */
  | { readonly kind: 'empty' }
  /** All was read. */
  | { readonly kind: 'end' }
  /** No more comes, though it is not the end. */
  | { readonly kind: 'failed'; readonly failure: FailedOutcome }

/** A body that moves bit by bit, for one reader: whoever makes it waits for the reader (back-pressure). */
export interface ByteSource {
  /** Once it says `end` or `failed` it says so for ever. */
  read(): SourceRead
  /** Calls back once, never from within this call, when `read` says something else than `empty`. One may wait at a time. */
  onceReadable(callback: () => void): void
  /** Nobody reads on: whoever makes it is told, and what was not read is freed. May be called again. */
  cancel(): void
}
