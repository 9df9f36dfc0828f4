import type { Call, CallProgress } from '../model/call.ts'
import type { Claimed, Lease } from '../retry-log/retry-log.ts'
import type { AttemptResult } from './call-runner.ts'

/** A call between being claimed and its decision standing in the log. */
export interface Flight {
  readonly call: Call
  readonly progress: CallProgress
  readonly bytes: number
  lease: Lease
  leaseEndsAtMs: number
  /** When its attempt was given away, in log time; 0 = it was not. */
  startedAtMs: number
  /** How that ended; null = it runs, or was not given away. */
  result: AttemptResult | null
}

export function newFlight({ call, progress, lease }: Claimed, leaseEndsAtMs: number): Flight {
  const { event } = call
  // About what it takes of memory: exact enough to bound it.
  const bytes =
    event.kind === 'http' ? event.headers.length + (event.body?.byteLength ?? 0) : event.json.length
  return { call, progress, bytes, lease, leaseEndsAtMs, startedAtMs: 0, result: null }
}
