import { loaded } from '../boot/loaded.ts'
import { signalOf } from '../event/abort-signal.ts'
import type { Body } from '../fetch/body.ts'
import type { HeaderList } from '../fetch/header-list.ts'
import { Request } from '../fetch/request.ts'
import { envOf } from '../invocation/env-of.ts'
import { ExecutionContext } from '../invocation/execution-context.ts'
import { answerThrown, finishOne, type Invocation } from '../invocation/invocation.ts'
import { checkResponse } from '../invocation/start.ts'
import { jsonParse, jsonStringify, TypeError } from '../primordials.ts'
import { decodeBase64, encodeBase64 } from '../text/base64.ts'
import { parseOrThrow } from '../url/url-parse.ts'
import { answerResult } from './event-call.ts'
import { isTextType } from './media-text.ts'

/** A request as the event of a direct invocation. All may be left out. */
interface DirectRequest {
  readonly method?: string
  /** Whole, or from the path on. */
  readonly url?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Text, or JSON. */
  readonly body?: unknown
  readonly isBase64Encoded?: boolean
}

/** What a path is below. */
const baseUrl = 'http://localhost'

/** Calls `fetch` with a request that an event describes; its response is answered as JSON. Never rejects. */
export async function startDirectFetch(invocation: Invocation, json: string): Promise<void> {
  try {
    const request = requestOf(jsonParse(json), invocation)
    const context = new ExecutionContext(invocation)
    const response = checkResponse(await loaded.application!.fetch(request, envOf(invocation), context))
    if (response.type === 'error') throw new TypeError('Cannot answer: the response is Response.error()')
    const headers = response.headerList()
    const body = await bodyOf(response.body, headers)
    const result = { __proto__: null, statusCode: response.status, ...headerParts(headers), ...body }
    answerResult(invocation, jsonStringify(result))
  } catch (thrown) {
    answerThrown(invocation, thrown)
  }
  finishOne(invocation)
}

function requestOf(event: unknown, invocation: Invocation): Request {
  const isObject = typeof event === 'object' && event !== null
  const { method, url, path, headers, body, isBase64Encoded } = (isObject ? event : {}) as DirectRequest
  const content = body === undefined || body === null ? null : contentOf(body, isBase64Encoded === true)
  return new Request(parseOrThrow(`${url ?? path ?? '/'}`, baseUrl).href, {
    method: method ?? (content === null ? 'GET' : 'POST'),
    headers: headers ?? {},
    body: content,
    signal: signalOf(invocation),
  })
}

function contentOf(body: unknown, isBase64Encoded: boolean): string | Uint8Array {
  const text = typeof body === 'string' ? body : jsonStringify(body)
  if (!isBase64Encoded) return text
  const bytes = decodeBase64(text)
  if (bytes === null) throw new TypeError('Cannot read the event: body must be base64')
  return bytes
}

async function bodyOf(
  body: Body | null,
  headers: HeaderList,
): Promise<{ readonly body: string; readonly isBase64Encoded: boolean }> {
  if (body === null) return { body: '', isBase64Encoded: false }
  if (body.isText || isTextType(headers.get('content-type') ?? '')) {
    return { body: await body.text(), isBase64Encoded: false }
  }
  return { body: encodeBase64(await body.bytes()), isBase64Encoded: true }
}

/** Cookies apart, for they cannot be joined: only if there are any. */
function headerParts(headers: HeaderList): {
  readonly headers: Readonly<Record<string, string>>
  readonly cookies?: readonly string[]
} {
  const pairs = headers.sorted()
  const joined = { __proto__: null } as unknown as Record<string, string>
  for (let index = 0; index < pairs.length; index++) {
    const name = pairs[index]![0]
    if (name !== 'set-cookie') joined[name] = pairs[index]![1]
  }
  const cookies = headers.setCookies()
  return cookies.length === 0 ? { headers: joined } : { headers: joined, cookies }
}
