import type { Attempt, Call, CallEnd, CallEvent, CallResult, DeadLetterReason } from '../model/call.ts'
import { fixedLimits } from '../model/limits.ts'
import { readableRequest, readableResponse } from './readable-http.ts'

/** Lambda's words, and ours for what Lambda does not have. */
const conditionOf: Readonly<Record<DeadLetterReason, string>> = {
  retries_exhausted: 'RetriesExhausted',
  age_exceeded: 'EventAgeExceeded',
  final_failure: 'FinalFailure',
  function_gone: 'FunctionGone',
  destination_gone: 'DestinationGone',
  chain_too_deep: 'ChainTooDeep',
}

/**
 * What a destination is told of a call that has ended: JSON text in the shape of Lambda's destination records, at most
 * `fixedLimits.maxAsyncBytes` of it. A payload that is too much for that is left out, and how long it was said instead.
 */
export function destinationRecord(call: Call, end: CallEnd): string {
  const last = end.progress.history.at(-1) ?? null
  const head = JSON.stringify({
    version: '1.0',
    timestamp: new Date(end.endedAtMs).toISOString(),
    requestContext: {
      requestId: call.id,
      functionArn: `${call.functionName}:${call.qualifier}`,
      condition: conditionName(end),
      approximateInvokeCount: end.progress.attempts,
    },
  })
  const responseContext = JSON.stringify(last && describeContext(last))
  const compose = (request: string, response: string): string =>
    `${head.slice(0, -1)},"requestPayload":${request},"responseContext":${responseContext},"responsePayload":${response}}`

  const request = requestPayload(call.event)
  const response = responsePayload(end, last)
  // The answer goes first: who repairs a failure needs the request.
  for (const [requestPart, responsePart] of [
    [request, response],
    [request, omitted(response)],
    [omitted(request), response],
  ] as const) {
    const record = compose(requestPart, responsePart)
    if (Buffer.byteLength(record) <= fixedLimits.maxAsyncBytes) return record
  }
  return compose(omitted(request), omitted(response))
}

function conditionName({ state, reason }: CallEnd): string {
  if (state === 'Succeeded') return 'Success'
  return reason === null ? 'Canceled' : conditionOf[reason]
}

function describeContext({ status, outcome, counts, executedVersion }: Attempt): Record<string, unknown> {
  return {
    // As Lambda has it: 200 wherever the function ran, whatever came of it.
    statusCode: status ?? (counts ? 200 : outcome === 'throttled' ? 429 : 503),
    executedVersion: executedVersion?.slice(executedVersion.indexOf(':') + 1) ?? null,
    ...(outcome === 'ok' ? {} : { functionError: outcome === 'exception' ? 'Unhandled' : outcome }),
  }
}

function requestPayload(event: CallEvent): string {
  return event.kind === 'http' ? JSON.stringify(readableRequest(event)) : checkedJson(event.json)
}

function responsePayload({ result }: CallEnd, last: Attempt | null): string {
  if (result !== null) return resultPayload(result)
  if (last === null) return 'null'
  const { error, message, outcome } = last
  return JSON.stringify(
    error === null
      ? { errorMessage: message ?? outcome, errorType: outcome }
      : { errorMessage: error.message, errorType: error.name, stackTrace: error.stack.split('\n') },
  )
}

function resultPayload(result: CallResult): string {
  switch (result.kind) {
    case 'json':
      return checkedJson(result.json)
    case 'http':
      return JSON.stringify(readableResponse(result))
    case 'too_large':
      return JSON.stringify({ omittedBytes: result.bytes })
  }
}

/** The text itself, so that no number changes; what is no JSON after all as a string of it. */
function checkedJson(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    return JSON.stringify(text)
  }
}

function omitted(payload: string): string {
  return JSON.stringify({ omittedBytes: Buffer.byteLength(payload) })
}
