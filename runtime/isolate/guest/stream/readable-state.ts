import { promiseReject, promiseResolve, TypeError } from '../primordials.ts'
import { withoutValue } from './promise-steps.ts'
import type { ReaderState } from './reader-state.ts'

/** Somebody who waits for a chunk, or asks for one. The functions must not throw. */
export interface ReadRequest {
  next: ReadRequest | null
  onChunk(chunk: unknown): void
  /** There is nothing more. A reader that brought its own buffer gets it back, empty, unless the stream was canceled. */
  onClose(emptied?: ArrayBufferView): void
  onError(reason: unknown): void
}

/** What feeds a stream: keeps its queue, and asks its source for more. */
export interface ReadableController {
  /** Whether readers may bring their own buffers. */
  readonly isBytes: boolean
  /** Hands a chunk to `request` now, or lets it wait. The stream is readable. */
  pull(request: ReadRequest): void
  cancel(reason: unknown): Promise<unknown>
  /** The reader goes. */
  release(): void
}

/**
 * The Streams standard's readable stream: how it ends, and who reads it. The classes that guests hold are thin wrappers
 * around it and its like; they themselves never get hold of one.
 */
export class ReadableState {
  status: 'readable' | 'closed' | 'errored' = 'readable'
  storedError: unknown = undefined
  isDisturbed = false
  reader: ReaderState | null = null
  /** Set by its own constructor, before anybody reads. */
  controller!: ReadableController

  get isLocked(): boolean {
    return this.reader !== null
  }

  /** Whether somebody waits for a chunk, who brought no buffer. */
  get hasReadRequests(): boolean {
    const { reader } = this
    return reader !== null && !reader.isByob && reader.requests.first !== null
  }

  close(): void {
    this.status = 'closed'
    const { reader } = this
    if (reader === null) return
    reader.noteClosed()
    // Those who brought a buffer get it back when the source has let go of it.
    if (reader.isByob) return
    for (let request = reader.requests.takeAll(); request !== null; ) {
      const { next } = request
      request.onClose()
      request = next
    }
  }

  fail(reason: unknown): void {
    this.status = 'errored'
    this.storedError = reason
    const { reader } = this
    if (reader === null) return
    reader.noteFailed(reason)
    reader.rejectRequests(reason)
  }

  cancel(reason: unknown): Promise<undefined> {
    this.isDisturbed = true
    if (this.status === 'closed') return promiseResolve(undefined)
    if (this.status === 'errored') return promiseReject(this.storedError)
    this.close()
    const { reader } = this
    if (reader?.isByob) {
      for (let request = reader.requests.takeAll(); request !== null; ) {
        const { next } = request
        request.onClose()
        request = next
      }
    }
    return withoutValue(this.controller.cancel(reason))
  }
}

/** @throws TypeError if somebody has the stream's lock. */
export function checkUnlocked(state: { readonly isLocked: boolean }, what: string): void {
  if (state.isLocked) throw new TypeError(`Cannot ${what}: the stream is locked`)
}
