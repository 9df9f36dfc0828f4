import type { CallControl } from '../delivery/call-control.ts'
import type { DeliveryMetrics } from '../delivery/delivery-metrics.ts'
import { Exposition } from '../observe/exposition.ts'
import { sumRecords } from '../observe/metrics-sum.ts'
import type { FunctionDepth, RetryLogStats } from '../retry-log/retry-log.ts'
import { byUrgency, retryLogFailure } from './retry-log-answer.ts'

/** Functions with series of their own; the others have one together, under a name that no function can have. */
const maxFunctions = 100
const otherFunctions = '*'

/** What retry log and delivery count, as the text that Prometheus scrapes. */
export function callMetricsText(calls: Pick<CallControl, 'stats' | 'metrics'>): string {
  const stats = calls.stats()
  const text = new Exposition()
  writeDepth(text, stats.depth)
  text.family('isolette_async_dead_letters', 'gauge', 'Dead letters that are kept, by reason.')
  for (const [reason, count] of stats.deadLetters) text.sample({ reason }, count)
  text.family('isolette_async_log_writable', 'gauge', 'Whether the retry log can be written: 1 or 0.')
  text.sample({}, retryLogFailure(calls) === null ? 1 : 0)
  writeDelivery(text, calls.metrics())
  return text.toString()
}

function writeDepth(text: Exposition, depth: RetryLogStats['depth']): void {
  const queues = boundFunctions(depth)
  text.family('isolette_async_depth', 'gauge', 'Asynchronous calls that have not ended.')
  for (const [name, { waiting, running }] of queues) {
    text.sample({ function: name, state: 'waiting' }, waiting)
    text.sample({ function: name, state: 'running' }, running)
  }
  text.family('isolette_async_oldest_due_seconds', 'gauge', 'For how long the oldest call that waits is due.')
  for (const [name, { oldestDueMs }] of queues) text.sample({ function: name }, oldestDueMs / 1000)
  text.family('isolette_async_paused_functions', 'gauge', 'Functions whose asynchronous calls are paused.')
  text.sample({}, [...depth.values()].filter(({ isPaused }) => isPaused).length)
}

function boundFunctions(depth: RetryLogStats['depth']): readonly (readonly [string, FunctionDepth])[] {
  const queues = [...depth].sort(byUrgency)
  const named = queues.slice(0, maxFunctions)
  const others = queues.slice(maxFunctions).map(([, queue]) => queue)
  if (others.length === 0) return named
  const together = others.reduce((sum, queue) => ({
    waiting: sum.waiting + queue.waiting,
    running: sum.running + queue.running,
    oldestDueMs: Math.max(sum.oldestDueMs, queue.oldestDueMs),
    isPaused: false,
  }))
  return [...named, [otherFunctions, together]]
}

function writeDelivery(text: Exposition, delivery: DeliveryMetrics): void {
  const counter = (name: string, help: string, count: number) => {
    text.family(`isolette_async_${name}_total`, 'counter', help)
    text.sample({}, count)
  }
  const counters = (name: string, help: string, label: string, counts: Readonly<Record<string, number>>) => {
    text.family(`isolette_async_${name}_total`, 'counter', help)
    for (const [value, count] of sumRecords([counts])) text.sample({ [label]: value }, count)
  }
  counters('attempts', 'Attempts by how they ended.', 'outcome', delivery.attempts)
  counters('decisions', 'What became of calls, by branch of the ladder.', 'branch', delivery.decisions)
  counters('dead_lettered', 'Calls that became dead letters.', 'reason', delivery.deadLetters)
  counter('redrives', 'Calls that were enqueued anew.', delivery.redrives)
  counter('destinations', 'Calls that were enqueued for destinations.', delivery.destinations)
  counter(
    'lost_destinations',
    'Ends that no destination was told of: its function is gone.',
    delivery.lostDestinations,
  )
  counter('late_settles', 'Attempts whose lease was lost before they ended.', delivery.lateSettles)
  text.family('isolette_async_attempt_duration_seconds', 'histogram', 'Time that attempts took.')
  text.histogram({}, delivery.attemptDuration)
  text.family(
    'isolette_async_start_latency_seconds',
    'histogram',
    'Time from when a call was due until a worker was given its first attempt.',
  )
  text.histogram({}, delivery.startLatency)
  text.family('isolette_async_running_attempts', 'gauge', 'Attempts that run.')
  text.sample({}, delivery.running)
  text.family('isolette_async_unsettled_calls', 'gauge', 'Calls whose end the log has not taken yet.')
  text.sample({}, delivery.unsettled)
}
