import type { Call, CallId, CallSource } from '../model/call.ts'
import type { ErrorCode } from '../model/errors.ts'
import type { Decision } from './ladder.ts'

/** Who is told what delivery does, so that it is logged and counted. Called for each call: it has to be quick. */
export interface DeliveryObserver {
  /** It stands in the log; `run` is told of none. */
  decided(call: Call, decision: Decision): void
  /** No destination was told of the call's end: there is no such function. */
  destinationLost(call: Call, reference: string): void
  /** The log cannot be written: nothing is begun until it can (null). */
  logFailed(failure: string | null): void
  /** Something of ours is wrong. The call, if it is one, is left alone until its lease ends. */
  fault(error: unknown, callId: CallId | null): void
  /** A call of ours was accepted: `durationMs` from asking to disk. */
  accepted(source: CallSource, durationMs: number): void
  refused(code: ErrorCode): void
}
