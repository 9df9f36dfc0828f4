import type {
  Attempt,
  BytesAnswer,
  CallAnswer,
  CallEventAnswer,
  CallResultAnswer,
  CallSummary,
  HeaderPairs,
  JsonAnswer,
} from '../runtime/index.ts'
import { formatDuration } from './duration.ts'
import { indent } from './indent.ts'
import { plain } from './plain.ts'
import { formatGuestError, formatLogLines } from './record-format.ts'
import { formatSize } from './size.ts'
import { formatTable } from './table.ts'
import { formatDate } from './time.ts'

/** One line a call. */
export function formatCalls(calls: readonly CallSummary[], nowMs: number): string {
  const rows = calls.map((call) => [
    call.id,
    `${call.function}:${call.version}`,
    call.state,
    formatDuration(Math.max(0, nowMs - call.enqueuedAtMs)),
    String(call.attempts),
    formatNext(call, nowMs) ?? call.reason ?? call.lastOutcome ?? '-',
  ])
  return formatTable(['INVOCATION', 'VERSION', 'STATE', 'AGE', 'ATTEMPTS', 'NEXT OR LAST'], rows)
}

/** When it is tried next; null if nothing is to come, or at once. */
function formatNext({ dueAtMs }: CallSummary, nowMs: number): string | null {
  return dueAtMs === null || dueAtMs <= nowMs ? null : `in ${formatDuration(dueAtMs - nowMs)}`
}

/** Everything about one call. */
export function formatCall(call: CallAnswer, nowMs: number): string {
  return [formatFacts(call, nowMs), ...formatHistory(call.history), ...formatContent(call)].join('\n\n')
}

function formatFacts(call: CallAnswer, nowMs: number): string {
  const named = `${call.function}:${call.qualifier}`
  const next = formatNext(call, nowMs)
  const facts: (readonly [string, string] | null)[] = [
    ['state', call.reason === null ? call.state : `${call.state} (${call.reason})`],
    ['function', `${named}, version ${call.version}`],
    ['enqueued', `${formatDate(call.enqueuedAtMs)} by ${call.source}`],
    call.callerId === null ? null : ['named', plain(call.callerId)],
    call.parentId === null ? null : ['comes of', `${plain(call.parentId)}, depth ${call.depth}`],
    call.dueAtMs === null ? null : ['due', `${formatDate(call.dueAtMs)}${next === null ? '' : ` (${next})`}`],
    call.endedAtMs === null ? null : ['ended', formatDate(call.endedAtMs)],
  ]
  return formatTable(
    ['INVOCATION', call.id],
    facts.filter((fact) => fact !== null),
  )
}

function formatHistory(history: readonly Attempt[]): string[] {
  if (history.length === 0) return []
  const rows = history.map((attempt) => [
    String(attempt.number),
    formatDate(attempt.startedAtMs),
    formatDuration(attempt.durationMs),
    attempt.executedVersion ?? '-',
    [
      attempt.outcome,
      ...(attempt.status === null ? [] : [String(attempt.status)]),
      ...(attempt.counts ? [] : ['(does not count)']),
    ].join(' '),
  ])
  const table = formatTable(['ATTEMPT', 'STARTED', 'TOOK', 'VERSION', 'OUTCOME'], rows)
  return [table, ...history.flatMap(formatWords)]
}

/** What an attempt logged, and why it failed. */
function formatWords(attempt: Attempt): string[] {
  const words = formatLogLines(attempt.logLines)
  if (attempt.error !== null) words.push(formatGuestError(attempt.error))
  else if (attempt.message !== null) words.push(plain(attempt.message))
  return words.length === 0 ? [] : [[`attempt ${attempt.number}`, ...words.map(indent)].join('\n')]
}

function formatContent({ event, result }: CallAnswer): string[] {
  return [
    ...(event === null ? [] : [`event\n${indent(formatEvent(event))}`]),
    ...(result === null ? [] : [`result\n${indent(formatCallResult(result))}`]),
  ]
}

function formatEvent(event: CallEventAnswer): string {
  switch (event.kind) {
    case 'direct':
      return formatJson(event)
    case 'scheduled':
      return `${plain(event.cron)} of ${formatDate(event.scheduledAtMs)}\n${formatJson(event)}`
    case 'post':
      return `post to ${event.destination}\n${formatJson(event)}`
    case 'http':
      return formatHttp(`${event.method} ${event.url}`, event)
  }
}

export function formatCallResult(result: CallResultAnswer): string {
  switch (result.kind) {
    case 'json':
      return formatJson(result)
    case 'http':
      return formatHttp(String(result.status), result)
    case 'too_large':
      return `${formatSize(result.bytes)}, too large to be kept`
  }
}

function formatJson(answer: JsonAnswer): string {
  return plain('json' in answer ? JSON.stringify(answer.json, null, 2) : answer.text)
}

function formatHttp(
  first: string,
  { headers, body }: { readonly headers: HeaderPairs; readonly body: BytesAnswer | null },
): string {
  const lines = [first, ...headers.map(([name, value]) => `${name}: ${value}`)]
  if (body !== null) lines.push('', 'text' in body ? body.text : `base64 ${body.base64}`)
  return plain(lines.join('\n'))
}
