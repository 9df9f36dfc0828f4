/**
 * What supervisor and workers say to each other over the channel that `fork` opens (`serialization: 'advanced'`).
 * Everything is a value; nothing blocks. A worker whose channel closes drains and ends.
 */

import type {
  AttemptResult,
  CallId,
  Delivery,
  DirectResult,
  Grant,
  InvocationRecord,
  LeaseNote,
  ProvisionedVersion,
  RegistryDelta,
  WorkerMetrics,
  WorkerStatus,
} from '../runtime/index.ts'

export type ToWorker =
  /** Apply and answer `applied`. */
  | { readonly kind: 'delta'; readonly delta: RegistryDelta }
  /** Versions that answer `quarantined` from now on, whole list. */
  | { readonly kind: 'quarantine'; readonly versionIds: readonly string[] }
  /** Instances to keep ready from now on, whole list. */
  | { readonly kind: 'provision'; readonly versions: readonly ProvisionedVersion[] }
  /** Of what a function may have over all workers. */
  | { readonly kind: 'share'; readonly grant: Grant }
  /** Run a direct event; answered by `invoked` with the same `callId`. */
  | {
      readonly kind: 'invoke'
      readonly callId: number
      readonly invocationId: string
      readonly reference: string
      readonly json: string
    }
  /** Run attempts; each is answered by `attempted` with its token. */
  | { readonly kind: 'attempts'; readonly deliveries: readonly NumberedDelivery[] }
  /** These are to end. */
  | { readonly kind: 'stopAttempts'; readonly callIds: readonly CallId[] }
  /** What is known of calls that have not ended, of functions that are near what they may have of them. */
  | { readonly kind: 'depths'; readonly depths: readonly QueueDepth[] }
  /** Answered by `status`. */
  | { readonly kind: 'status'; readonly callId: number }
  /** Answered by `metrics`. */
  | { readonly kind: 'metrics'; readonly callId: number }
  /** Whether every record is wanted (someone follows the logs), or only failures and samples. */
  | { readonly kind: 'follow'; readonly all: boolean }
  /** Stop accepting, finish, exit 0. `lingerMs`: how long idle keep-alive connections are still served. */
  | { readonly kind: 'drain'; readonly lingerMs: number }

export type FromWorker =
  /** Listening; serves the registry at `revision`. */
  | { readonly kind: 'ready'; readonly port: number; readonly revision: number }
  /** Cannot begin; the process exits after it. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** Every 500 ms. */
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'applied'; readonly revision: number }
  /** Answered by `share`. */
  | { readonly kind: 'lease'; readonly note: LeaseNote }
  | { readonly kind: 'attempted'; readonly results: readonly NumberedResult[] }
  /** Calls were appended to the retry log. */
  | { readonly kind: 'appended'; readonly notes: readonly AppendedNote[] }
  /** The retry log could not be written, or can again (null). */
  | { readonly kind: 'logState'; readonly failure: string | null }
  | { readonly kind: 'invoked'; readonly callId: number; readonly result: DirectResult }
  | { readonly kind: 'status'; readonly callId: number; readonly status: WorkerStatus }
  | { readonly kind: 'metrics'; readonly callId: number; readonly metrics: WorkerMetrics }
  | { readonly kind: 'records'; readonly records: readonly InvocationRecord[]; readonly dropped: number }
  /** The listen socket is closed; what runs is being finished. */
  | { readonly kind: 'draining' }

/** One attempt, as a worker is told of it. `number` tells it from all others of that worker. */
export interface NumberedDelivery {
  readonly number: number
  readonly delivery: Delivery
}

export interface NumberedResult {
  readonly number: number
  readonly result: AttemptResult
}

/** What one worker has appended for one function. */
export interface AppendedNote {
  readonly functionName: string
  readonly count: number
  /** Calls of the function that this worker has appended since it began. */
  readonly total: number
  /** The earliest of them; in log time. */
  readonly dueAtMs: number
}

/** Calls of a function that have not ended, as the supervisor counts them. */
export interface QueueDepth {
  readonly functionName: string
  readonly open: number
  /** How many of them this worker has appended (`AppendedNote.total`): what it appended since is to be added. */
  readonly total: number
}
