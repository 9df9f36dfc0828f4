import { Body } from '../fetch/body.ts'
import { HeaderList } from '../fetch/header-list.ts'
import { normalizeName, normalizeValue } from '../fetch/header-text.ts'
import { ResponseState } from '../fetch/response-state.ts'
import { isArray, isInteger, jsonParse, jsonStringify, objectKeys, TypeError } from '../primordials.ts'
import { decodeBase64 } from '../text/base64.ts'

const json = 'application/json'

/**
 * The HTTP response that an event function's result means, by the rules of AWS Lambda's function URLs: an object with
 * `statusCode` is a response, anything else the JSON body of a 200.
 *
 * @throws TypeError if it is a response that cannot be sent.
 */
export function responseOfResult(result: unknown): ResponseState {
  const text = (jsonStringify(result) as string | undefined) ?? 'null'
  // What the JSON says, and not what a getter or a Proxy says when it is asked again.
  const read: unknown = jsonParse(text)
  if (typeof read === 'object' && read !== null && !isArray(read)) {
    const { statusCode } = read as ResultResponse
    if (statusCode !== undefined) return explicitResponse(read as ResultResponse)
  }
  const state = new ResponseState()
  state.contentType = json
  state.body = new Body('text', text)
  return state
}

interface ResultResponse {
  readonly statusCode?: unknown
  readonly headers?: Readonly<Record<string, unknown>>
  readonly cookies?: readonly unknown[]
  readonly body?: unknown
  readonly isBase64Encoded?: unknown
}

function explicitResponse(result: ResultResponse): ResponseState {
  const { statusCode, headers, cookies, body, isBase64Encoded } = result
  const state = new ResponseState()
  state.status = readStatus(statusCode)
  const list = readHeaders(headers)
  state.headers = list
  if (isArray(cookies)) {
    for (let index = 0; index < cookies.length; index++)
      list.append('set-cookie', normalizeValue(`${cookies[index]}`))
  }
  if (body === undefined || body === null || body === '') return state
  state.body = readBody(body, isBase64Encoded === true)
  if (!list.has('content-type')) list.append('content-type', json)
  return state
}

function readStatus(statusCode: unknown): number {
  const status = typeof statusCode === 'string' ? +statusCode : statusCode
  if (isInteger(status) && (status as number) >= 200 && (status as number) <= 599) return status as number
  throw new TypeError(
    `Cannot answer: statusCode ${jsonStringify(statusCode)}, must be a whole number, 200 to 599`,
  )
}

function readHeaders(headers: ResultResponse['headers']): HeaderList {
  const list = new HeaderList()
  if (typeof headers !== 'object' || headers === null) return list
  const names = objectKeys(headers)
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!
    list.append(normalizeName(name), normalizeValue(`${headers[name] as string}`))
  }
  return list
}

function readBody(body: unknown, isBase64Encoded: boolean): Body {
  const text = typeof body === 'string' ? body : jsonStringify(body)
  if (!isBase64Encoded) return new Body('text', text)
  const bytes = decodeBase64(text)
  if (bytes === null) throw new TypeError('Cannot answer: body must be base64, as isBase64Encoded says')
  return new Body('bytes', bytes)
}
