import type { ByteSource } from './byte-source.ts'

/** How an attempt to run an invocation ended. A guest's failure is one of these values, never an exception. */
export type OutcomeKind =
  | 'ok'
  | 'exception'
  | 'no_response'
  | 'exceeded_cpu'
  | 'exceeded_memory'
  | 'exceeded_wall_time'
  | 'throttled'
  | 'overloaded'
  | 'interrupted'
  | 'quarantined'
  | 'canceled'
  | 'internal_error'

/** What an HTTP invocation answers. Checked by the host: whatever a guest did to it, it can be written to a socket. */
export interface HttpResponse {
  /** 200–599. */
  readonly status: number
  /** Names (lower case) and values in turn. */
  readonly headers: readonly string[]
  /** Whole, or as it comes: the invocation has settled then, but is over only when its body is. */
  readonly body: string | Uint8Array | ByteSource | null
}

/** What the guest threw, as text only: nothing of the guest's own objects crosses the boundary. */
export interface GuestError {
  readonly name: string
  readonly message: string
  /** In the author's lines where a source map was at hand. */
  readonly stack: string
}

export type Outcome =
  /** An HTTP event ended with a response; `result` is null. */
  | { readonly kind: 'ok'; readonly response: HttpResponse; readonly result: null }
  /** A direct event ended with its result as JSON text. */
  | { readonly kind: 'ok'; readonly response: null; readonly result: string }
  | { readonly kind: 'exception'; readonly error: GuestError }
  | { readonly kind: Exclude<OutcomeKind, 'ok' | 'exception'>; readonly message: string }

export type FailedOutcome = Exclude<Outcome, { kind: 'ok' }>
