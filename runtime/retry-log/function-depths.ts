import type { CallClaims } from './call-claims.ts'
import type { CallCounts } from './call-counts.ts'
import type { FunctionDepth } from './retry-log.ts'
import type { WaitingCalls } from './waiting-calls.ts'

export interface DepthSources {
  readonly counts: CallCounts
  readonly waiting: WaitingCalls
  readonly claims: CallClaims
}

/** How many calls of each function have not ended. Functions that have none are left out, unless they are paused. */
export function functionDepths(
  { counts, waiting, claims }: DepthSources,
  nowMs: number,
): Map<string, FunctionDepth> {
  const running = new Map<string, number>()
  for (const { call } of claims.leases)
    running.set(call.functionName, (running.get(call.functionName) ?? 0) + 1)
  const names = new Set(counts.functionNames())
  for (const { functionName, isPaused } of waiting.queues) if (isPaused) names.add(functionName)
  const depths = new Map<string, FunctionDepth>()
  for (const name of names) {
    const queue = waiting.queueOf(name)
    const dueMs = waiting.nextDueMs(queue)
    const open = counts.open(name, null)
    const runs = running.get(name) ?? 0
    if (open === 0 && !queue.isPaused) continue
    depths.set(name, {
      waiting: Math.max(0, open - runs),
      running: runs,
      oldestDueMs: dueMs === null ? 0 : Math.max(0, nowMs - dueMs),
      isPaused: queue.isPaused,
    })
  }
  return depths
}
