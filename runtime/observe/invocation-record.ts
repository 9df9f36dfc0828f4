import type { Invocation } from '../model/invocation.ts'
import type { FailedOutcome } from '../model/outcome.ts'
import type { InvocationRecord } from './record.ts'

/** Of a path; what is longer is an attack or a mistake, and its beginning tells which. */
const maxPathChars = 1000

/**
 * The record of an invocation that ended, or of what it did afterwards. Takes the log lines, and of its URL the path, never
 * the query.
 */
export function invocationRecord(
  invocation: Invocation,
  outcome: { readonly kind: 'ok' } | FailedOutcome,
  at: {
    readonly phase: InvocationRecord['phase']
    readonly status: number | null
    readonly settledAtMs: number
    readonly timeMs: number
    readonly worker: number
  },
): InvocationRecord {
  const { target, event, usage } = invocation
  const isHttp = event.kind === 'http'
  const { logLines, droppedLogBytes } = usage
  usage.logLines = []
  usage.droppedLogBytes = 0
  return {
    id: invocation.id,
    phase: at.phase,
    timeMs: Math.round(at.timeMs),
    function: target.functionName,
    version: String(target.label),
    alias: target.alias,
    trigger: at.phase === 'init' || at.phase === 'shutdown' ? 'instance' : event.kind,
    attempt: invocation.attempt?.number ?? null,
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
    logLines,
    droppedLogBytes,
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
