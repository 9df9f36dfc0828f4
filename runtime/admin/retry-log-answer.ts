import type { CallControl } from '../delivery/call-control.ts'
import type { FunctionDepth } from '../retry-log/retry-log.ts'
import type { FunctionQueueAnswer, RetryLogAnswer } from './call-protocol.ts'

const maxFunctions = 1000

/** Why the log cannot be written, as whoever found out says; null = it can, as far as is known. */
export function retryLogFailure(calls: Pick<CallControl, 'stats' | 'metrics'>): string | null {
  return calls.stats().failure ?? calls.metrics().failure
}

export function describeRetryLog(calls: Pick<CallControl, 'stats' | 'metrics'>): RetryLogAnswer {
  const { depth, deadLetters } = calls.stats()
  const queues = [...depth].filter(([, { waiting, running, isPaused }]) => isPaused || waiting + running > 0)
  const total = (key: 'waiting' | 'running') => queues.reduce((sum, [, queue]) => sum + queue[key], 0)
  return {
    failure: retryLogFailure(calls),
    waiting: total('waiting'),
    running: total('running'),
    oldestDueMs: queues.reduce((oldest, [, { oldestDueMs }]) => Math.max(oldest, oldestDueMs), 0),
    deadLetters: Object.fromEntries(deadLetters),
    functions: queues.sort(byUrgency).slice(0, maxFunctions).map(toAnswer),
  }
}

/** Paused ones first: somebody may have forgotten them; then those with the most calls that have not ended. */
export function byUrgency(
  [aName, a]: readonly [string, FunctionDepth],
  [bName, b]: readonly [string, FunctionDepth],
): number {
  if (a.isPaused !== b.isPaused) return a.isPaused ? -1 : 1
  return b.waiting + b.running - (a.waiting + a.running) || (aName < bName ? -1 : 1)
}

function toAnswer([name, { waiting, running, oldestDueMs, isPaused }]: readonly [
  string,
  FunctionDepth,
]): FunctionQueueAnswer {
  return { function: name, waiting, running, oldestDueMs, paused: isPaused }
}
