import { type Env, loaded } from '../boot/loaded.ts'
import type { AbortSignal } from '../event/abort-signal.ts'
import { monotonicMs } from '../host.ts'
import { envOf } from '../invocation/env-of.ts'
import { enqueuedAt, type Invocation } from '../invocation/invocation.ts'
import { floor, max } from '../primordials.ts'

/** What an event handler is given as `context`: names as in AWS Lambda, and ours. */
export interface EventContext {
  readonly invocationId: string
  readonly awsRequestId: string
  readonly functionName: string
  readonly functionVersion: string
  readonly memoryLimitMiB: number
  /** Text, as in AWS Lambda. */
  readonly memoryLimitInMB: string
  readonly env: Env
  /** Counted from 1; always 1 if somebody waits for the answer. */
  readonly attempt: number
  /** When the call was accepted; null if somebody waits for the answer. */
  readonly enqueuedAt: Date | null
  /** Aborts when nobody waits for the result any more, or the call is to stop. */
  readonly signal: AbortSignal
  getRemainingTimeInMillis(): number
}

export function makeEventContext(invocation: Invocation): EventContext {
  const { invocationId, remainingMs } = invocation
  const { functionName, functionVersion, memoryLimitMiB } = loaded.config
  const endMs = monotonicMs() + remainingMs
  return {
    invocationId,
    awsRequestId: invocationId,
    functionName,
    functionVersion,
    memoryLimitMiB,
    memoryLimitInMB: `${memoryLimitMiB}`,
    env: envOf(invocation),
    attempt: invocation.attempt?.number ?? 1,
    enqueuedAt: enqueuedAt(invocation),
    get signal() {
      return require('../event/abort-signal.ts').signalOf(invocation)
    },
    getRemainingTimeInMillis: () => max(floor(endMs - monotonicMs()), 0),
  }
}
