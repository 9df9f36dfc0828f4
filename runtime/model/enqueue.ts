import type { CallEvent, CallId, CallSource, CallState } from './call.ts'
import type { ErrorCode } from './errors.ts'
import type { Target } from './invocation.ts'

/** A call that somebody wants to be accepted. */
export interface EnqueueRequest {
  /** What was asked for: an alias, a number, `$LATEST`. */
  readonly qualifier: string
  /** What was picked. */
  readonly target: Target
  readonly event: CallEvent
  readonly source: CallSource
  /** Of the call, in its chain: 0 = nobody's. */
  readonly depth: number
  readonly parentId: string | null
  readonly delayMs: number
  /** Names the call, so that the same again is known as such; null = nothing. */
  readonly callerId: string | null
}

/** What became of it. A refusal is a value: guests and clients bring it about. */
export type Enqueued =
  | { readonly kind: 'enqueued'; readonly id: CallId }
  | { readonly kind: 'duplicate'; readonly id: CallId; readonly state: CallState | null }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }

/** Accepts calls into the retry log. */
export interface Enqueuer {
  /** Resolves when the call is on disk, or refused. Never rejects. */
  enqueue(request: EnqueueRequest): Promise<Enqueued>
}

/** What a guest asks for: a call of a function by the name it has in the guest's `env`. */
export interface GuestEnqueue {
  /** `name` or `name:qualifier`, from the version's bindings. */
  readonly reference: string
  /** JSON text. */
  readonly json: string
  readonly delayMs: number
  readonly callerId: string | null
  /** Of the new call. */
  readonly depth: number
  readonly parentId: string | null
}

/** Accepts what guests ask for. Never rejects: a function that is not there is a refusal too. */
export type EnqueueForGuest = (request: GuestEnqueue) => Promise<Enqueued>
