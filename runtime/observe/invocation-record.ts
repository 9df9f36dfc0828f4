import type { Invocation } from '../model/invocation.ts'
import type { Outcome } from '../model/outcome.ts'
import type { InvocationRecord } from './record.ts'

/** Of a path; what is longer is an attack or a mistake, and its beginning tells which. */
const maxPathChars = 1000

/** The record of an invocation that ended. Takes the path of its URL, never the query. */
export function invocationRecord(
  invocation: Invocation,
  outcome: Outcome,
  at: {
    readonly status: number | null
    readonly settledAtMs: number
    readonly timeMs: number
    readonly worker: number
  },
): InvocationRecord {
  const { target, event, usage } = invocation
  const isHttp = event.kind === 'http'
  return {
    id: invocation.id,
    timeMs: Math.round(at.timeMs),
    function: target.functionName,
    version: String(target.label),
    alias: target.alias,
    trigger: event.kind,
    method: isHttp ? event.method : null,
    path: isHttp ? pathOf(event.url) : null,
    outcome: outcome.kind,
    status: at.status,
    coldStart: usage.coldStart,
    waitMs: toThousandths(usage.waitMs),
    durationMs: toThousandths(at.settledAtMs - invocation.arrivedAtMs),
    cpuMs: toThousandths(usage.cpuMs),
    maxMemoryMiB: toThousandths(usage.memoryMiB),
    error: outcome.kind === 'exception' ? outcome.error : null,
    message: outcome.kind === 'ok' || outcome.kind === 'exception' ? null : outcome.message,
    // A copy: code that still runs after the response may go on logging.
    logLines: [...usage.logLines],
    droppedLogBytes: usage.droppedLogBytes,
    worker: at.worker,
  }
}

/** Three decimals: more would only be noise in a log. */
function toThousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}

function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const end = url.indexOf('?', start)
  const path = url.slice(start, end === -1 ? undefined : end)
  return path.slice(0, maxPathChars)
}
