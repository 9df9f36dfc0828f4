import type { ErrorBody, FailedOutcome, OutcomeKind } from '../../runtime/index.ts'

type AnsweredKind = Exclude<OutcomeKind, 'ok' | 'canceled'>

interface Row {
  readonly status: number
  /** When it makes sense to try again; null = that would change nothing. */
  readonly retryAfterSeconds: number | null
  readonly message: string
}

const table: Readonly<Record<AnsweredKind, Row>> = {
  exception: { status: 500, retryAfterSeconds: null, message: 'The function threw an exception' },
  no_response: { status: 500, retryAfterSeconds: null, message: 'The function did not respond' },
  exceeded_cpu: { status: 503, retryAfterSeconds: null, message: 'The function used too much CPU time' },
  exceeded_memory: { status: 503, retryAfterSeconds: null, message: 'The function used too much memory' },
  exceeded_wall_time: { status: 504, retryAfterSeconds: null, message: 'The function took too long' },
  throttled: { status: 429, retryAfterSeconds: 1, message: 'The function has too many requests' },
  overloaded: { status: 503, retryAfterSeconds: 1, message: 'The server has too many requests' },
  interrupted: { status: 503, retryAfterSeconds: 1, message: 'The request was interrupted' },
  // It lasts for minutes unless an operator ends it, so there is no hurry.
  quarantined: { status: 503, retryAfterSeconds: 60, message: 'The function is out of service' },
  internal_error: { status: 500, retryAfterSeconds: null, message: 'The server failed' },
}

/** What a client is answered when an invocation failed. */
export interface FailureAnswer {
  readonly status: number
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly body: string
}

const answers: ReadonlyMap<string, FailureAnswer> = new Map(
  Object.entries(table).map(([kind, row]) => [kind, answer(kind, row, row.message, {})]),
)

/**
 * The answer to a failed outcome; null if there is nobody to answer. What the guest threw is told only with
 * `exposeErrors`: it may hold anything.
 */
export function failureAnswer(outcome: FailedOutcome, exposeErrors: boolean): FailureAnswer | null {
  if (outcome.kind === 'exception' && exposeErrors) {
    const { name, message, stack } = outcome.error
    return answer(outcome.kind, table.exception, `${name}: ${message}`, { name, message, stack })
  }
  return answers.get(outcome.kind) ?? null
}

function answer(
  kind: string,
  row: Row,
  message: string,
  details: Readonly<Record<string, unknown>>,
): FailureAnswer {
  const headers = ['x-isolette-outcome', kind, 'content-type', 'application/json']
  if (row.retryAfterSeconds !== null) headers.push('retry-after', String(row.retryAfterSeconds))
  const body: ErrorBody = { error: { code: kind, message, details } }
  return { status: row.status, headers, body: JSON.stringify(body) }
}
