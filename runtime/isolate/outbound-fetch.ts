/** What a guest asks for, as JSON through `op.fetch`. */
interface OutboundRequest {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly redirect: 'follow' | 'error' | 'manual'
}

export interface OutboundResponse {
  /** JSON: `{ status, statusText, url, redirected, headers }`. */
  readonly head: string
  readonly body: Uint8Array
}

/** Answers above this are given up: they are buffered in the host. */
const maxResponseBytes = 100 * 1024 * 1024

/**
 * Carries out one outbound request, with its bodies buffered.
 *
 * @throws TypeError with a message that may be shown to the guest; nothing of the host is in it.
 */
export async function outboundFetch(
  json: string,
  body: Uint8Array | null,
  signal: AbortSignal,
): Promise<OutboundResponse> {
  const request = readRequest(json)
  let response: Response
  try {
    response = await fetch(request.url, {
      method: request.method,
      headers: request.headers.map(([name, value]): [string, string] => [name, value]),
      redirect: request.redirect,
      body,
      signal,
    })
  } catch (error) {
    throw new TypeError(`Cannot fetch ${originOf(request.url)}: ${reasonOf(error)}`, { cause: error })
  }
  const { status, statusText, url, redirected } = response
  const head = JSON.stringify({ status, statusText, url, redirected, headers: [...response.headers] })
  return { head, body: await readBody(response, request.url) }
}

function readRequest(json: string): OutboundRequest {
  const request = JSON.parse(json) as OutboundRequest
  const protocol = URL.parse(request.url)?.protocol
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError(`Cannot fetch ${originOf(request.url)}: scheme must be http or https`)
  }
  return request
}

async function readBody(response: Response, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.byteLength
      if (length > maxResponseBytes) {
        throw new TypeError(`the response is over ${maxResponseBytes} bytes`)
      }
      chunks.push(chunk)
    }
  } catch (error) {
    throw new TypeError(`Cannot read the response of ${originOf(url)}: ${reasonOf(error)}`, { cause: error })
  }
  return Buffer.concat(chunks, length)
}

function originOf(url: string): string {
  const parsed = URL.parse(url)
  return parsed === null ? JSON.stringify(String(url).slice(0, 200)) : `${parsed.protocol}//${parsed.host}`
}

/** `fetch failed` alone helps nobody: the cause says what happened on the wire. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  const { cause } = error
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message
  return error.message
}
