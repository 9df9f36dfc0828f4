import { type CallResult, fixedLimits } from '../../../runtime/index.ts'
import { httpResult, tooLargeResult } from './attempt-result.ts'

/** As `fetch` answers an event that was no request: see the guest's `direct-fetch.ts`. Made in the guest: nothing of it is sure. */
interface DescribedResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly cookies?: unknown
  readonly body: string
  readonly isBase64Encoded: boolean
}

const beginning = /^\{"statusCode":([1-5][0-9]{2}),/

/**
 * The response that a function with `fetch` described as JSON, for its status says what becomes of the call, whoever asked
 * for it. Null if the text describes none.
 */
export function describedResponse(json: string): CallResult | null {
  const status = Number(beginning.exec(json)?.[1] ?? 0)
  if (status === 0) return null
  const bytes = Buffer.byteLength(json)
  // Not to be parsed: that would take long.
  if (bytes > 2 * fixedLimits.maxAsyncBytes) return tooLargeResult({ status, headers: [] }, bytes)
  const described = parse(json)
  if (described === null) return null
  const headers: string[] = []
  for (const [name, value] of Object.entries(described.headers))
    headers.push(name.toLowerCase(), String(value))
  for (const cookie of Array.isArray(described.cookies) ? described.cookies : [])
    headers.push('set-cookie', String(cookie))
  const { body, isBase64Encoded } = described
  return httpResult({ status, headers }, isBase64Encoded ? Buffer.from(body, 'base64') : body)
}

function parse(json: string): DescribedResponse | null {
  try {
    const value = JSON.parse(json) as Partial<DescribedResponse>
    const { headers, body, isBase64Encoded } = value
    const isWhole =
      typeof headers === 'object' &&
      headers !== null &&
      typeof body === 'string' &&
      typeof isBase64Encoded === 'boolean'
    return isWhole ? (value as DescribedResponse) : null
  } catch {
    return null
  }
}
