import { loaded } from '../boot/loaded.ts'
import { monotonicMs } from '../host.ts'
import type { Invocation } from '../invocation/invocation.ts'
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
    getRemainingTimeInMillis: () => max(floor(endMs - monotonicMs()), 0),
  }
}
