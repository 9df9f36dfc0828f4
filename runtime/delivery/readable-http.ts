import { isUtf8 } from 'node:buffer'
import type { CallEvent, CallResult } from '../model/call.ts'

/** A request as people read it, and as JSON holds it. */
export function readableRequest({
  method,
  url,
  headers,
  body,
}: Extract<CallEvent, { kind: 'http' }>): Record<string, unknown> {
  const parts = headers.split('\n')
  // What stands behind the last line feed is no name.
  return { method, url, headers: joinHeaders(parts.slice(0, -1)), ...readableBody(body) }
}

/** The same of a response, with the names that Lambda's proxies have for it. */
export function readableResponse({
  status,
  headers,
  body,
}: Extract<CallResult, { kind: 'http' }>): Record<string, unknown> {
  return { statusCode: status, headers: joinHeaders(headers), ...readableBody(body) }
}

/** Names and values in turn; of a name that comes again, values are joined by commas. */
function joinHeaders(parts: readonly string[]): Record<string, string> {
  const joined = new Map<string, string>()
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const name = parts[index]!
    const before = joined.get(name)
    joined.set(name, before === undefined ? parts[index + 1]! : `${before},${parts[index + 1]!}`)
  }
  return Object.fromEntries(joined)
}

function readableBody(body: Uint8Array | null): { body: string | null; isBase64Encoded: boolean } {
  if (body === null) return { body: null, isBase64Encoded: false }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return isUtf8(bytes)
    ? { body: bytes.toString('utf8'), isBase64Encoded: false }
    : { body: bytes.toString('base64'), isBase64Encoded: true }
}
