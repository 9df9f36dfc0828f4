/**
 * What supervisor and workers say to each other over the channel that `fork` opens (`serialization: 'advanced'`).
 * Everything is a value; nothing blocks. A worker whose channel closes drains and ends.
 */

import type {
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
  | { readonly kind: 'invoked'; readonly callId: number; readonly result: DirectResult }
  | { readonly kind: 'status'; readonly callId: number; readonly status: WorkerStatus }
  | { readonly kind: 'metrics'; readonly callId: number; readonly metrics: WorkerMetrics }
  | { readonly kind: 'records'; readonly records: readonly InvocationRecord[]; readonly dropped: number }
  /** The listen socket is closed; what runs is being finished. */
  | { readonly kind: 'draining' }
