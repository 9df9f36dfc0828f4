import type { HttpResponse } from 'uWebSockets.js'
import { type ErrorCode, IsoletteError } from '../../runtime/index.ts'
import { composeHead } from './response-head.ts'
import type { ResponseWriter } from './response-writer.ts'

/** How much of a client's own text comes back to it. */
const maxQuotedChars = 200

export function noRoute(method: string, host: string, path: string): IsoletteError {
  return new IsoletteError(
    'route_not_found',
    `Cannot route ${describe(method, host, path)}: must be a route of a function`,
  )
}

export function wrongMethod(method: string, host: string, path: string, allow: readonly string[]) {
  return new IsoletteError(
    'method_not_allowed',
    `Cannot route ${describe(method, host, path)}: method is ${method.slice(0, 32)}, must be ${allow.join(' or ')}`,
    { details: { allow } },
  )
}

export function bodyTooLarge(maxBytes: number): IsoletteError {
  return new IsoletteError(
    'payload_too_large',
    `Cannot take the body: it is over the function's limit, must be at most ${maxBytes} bytes`,
    { details: { maxBytes } },
  )
}

export function badRequest(problem: string): IsoletteError {
  return new IsoletteError('bad_request', `Cannot take the request: ${problem}`)
}

/** When it makes sense to try again, of what a client need only repeat. */
const retryAfterSeconds: Partial<Record<ErrorCode, number>> = { queue_full: 1, retry_log_unavailable: 5 }

/** Answers a request that no function gets. `close` ends the connection after it. */
export function refuse(
  writer: ResponseWriter,
  response: HttpResponse,
  error: IsoletteError,
  { isHead, close }: { readonly isHead: boolean; readonly close: boolean },
): void {
  const headers = ['content-type', 'application/json']
  const { allow } = error.details
  if (Array.isArray(allow)) headers.push('allow', allow.join(', '))
  const retryAfter = retryAfterSeconds[error.code]
  if (retryAfter !== undefined) headers.push('retry-after', String(retryAfter))
  const head = composeHead(error.status, headers)
  const body = JSON.stringify(error)
  if (isHead) writer.writeWithoutBody(response, head, Buffer.byteLength(body), close)
  else writer.write(response, head, body, close)
}

function describe(method: string, host: string, path: string): string {
  return JSON.stringify(`${method} ${host}${path}`.slice(0, maxQuotedChars))
}
