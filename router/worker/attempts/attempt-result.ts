import {
  type AttemptResult,
  type CallResult,
  fixedLimits,
  type HttpResponse,
  type LogLine,
  type Outcome,
} from '../../../runtime/index.ts'

/** How an attempt ended that began. */
export type Ran = Extract<AttemptResult, { kind: 'ran' }>

/** What an event function answered. */
export function jsonResult(json: string): CallResult {
  const bytes = Buffer.byteLength(json)
  return bytes > fixedLimits.maxAsyncBytes ? { kind: 'too_large', bytes } : { kind: 'json', json }
}

/** What an HTTP function answered; `body` stands for the response's own, whole. */
export function httpResult(
  { status, headers }: Pick<HttpResponse, 'status' | 'headers'>,
  body: string | Uint8Array | null,
): CallResult {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const length = bytes?.byteLength ?? 0
  if (length > fixedLimits.maxAsyncBytes) return tooLargeResult({ status, headers }, length)
  return { kind: 'http', status, headers, body: length === 0 ? null : bytes }
}

/** The same for a body that was too large. Of a failure the status says what becomes of the call: that is kept. */
export function tooLargeResult(
  { status, headers }: Pick<HttpResponse, 'status' | 'headers'>,
  bytes: number,
): CallResult {
  return status < 400 ? { kind: 'too_large', bytes } : { kind: 'http', status, headers, body: null }
}

/** The parts of a result that follow from the outcome alone. */
export function failureOf(outcome: Outcome): Pick<Ran, 'outcome' | 'error' | 'message'> {
  return {
    outcome: outcome.kind,
    error: outcome.kind === 'exception' ? outcome.error : null,
    message: 'message' in outcome ? outcome.message : null,
  }
}

/** How long an answer asks to be left alone, from its header: seconds or a date. Null = not at all, or no sense in it. */
export function retryAfterMs(value: string | null, wallMs: number): number | null {
  if (value === null) return null
  if (/^[0-9]{1,9}$/.test(value)) return Number(value) * 1000
  const atMs = Date.parse(value)
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - wallMs)
}

/** A header's value among names and values in turn; null = it is not there. */
export function headerOf(headers: readonly string[], name: string): string | null {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1]!
  return null
}

/** The last lines, as many as are kept of an attempt: the rest need not cross to the supervisor. */
export function lastLines(lines: readonly LogLine[]): readonly LogLine[] {
  let first = lines.length
  // UTF-16 units stand for bytes: a cap, not a measure.
  let left: number = fixedLimits.maxAttemptLogBytes
  while (first > 0 && left > 0) left -= Math.max(1, lines[--first]!.text.length)
  return first === 0 ? lines : lines.slice(first)
}
