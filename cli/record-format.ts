import type { GuestError, InvocationRecord, LogLine } from '../runtime/index.ts'
import { indent } from './indent.ts'
import { plain } from './plain.ts'

/** One line for the invocation (or an instance's hook), then indented what it logged and why it failed. */
export function formatRecord(record: InvocationRecord): string {
  const request =
    record.trigger === 'instance'
      ? []
      : [record.method === null ? 'event' : `${record.method} ${record.path}`]
  const facts = [
    formatTime(record.timeMs),
    `${record.function}:${record.version}`,
    record.outcome,
    ...(record.status === null ? [] : [String(record.status)]),
    ...(record.phase === 'call' ? [] : [record.phase]),
    ...request,
    ...(record.attempt === null ? [] : [`attempt ${record.attempt}`]),
    `${record.durationMs.toFixed(1)}ms`,
    `cpu ${record.cpuMs.toFixed(1)}ms`,
    ...(record.coldStart && record.phase === 'call' ? ['cold'] : []),
    record.id,
  ]
  const lines = [...formatLogLines(record.logLines)]
  if (record.droppedLogBytes > 0) lines.push(`${record.droppedLogBytes} bytes of log were over the cap`)
  if (record.error !== null) lines.push(formatGuestError(record.error))
  else if (record.message !== null) lines.push(plain(record.message))
  return [plain(facts.join('  ')), ...lines.map(indent)].join('\n')
}

export function formatLogLines(lines: readonly LogLine[]): string[] {
  return lines.map(({ timeMs, level, text }) => `${formatTime(timeMs)}  ${level.padEnd(5)}  ${plain(text)}`)
}

/** The stack where there is one: it begins with name and message. */
export function formatGuestError({ name, message, stack }: GuestError): string {
  return plain(stack || `${name}: ${message}`)
}

function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 23)
}
