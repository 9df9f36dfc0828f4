import type { Response } from 'undici'
import { EgressRefusal } from './egress-connector.ts'
import type { MemoryShare } from './memory-budget.ts'
import type { OutboundClient } from './outbound-agents.ts'

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
 * Headers of one connection, or that follow from the body: the guest's are passed over, as browsers do, so that a
 * function can hand on the headers of the request it got. `host` besides would name another server to the one that the
 * policy was asked about.
 */
const ownHeaders = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Carries out one outbound request, with its bodies buffered. What is received is held of `share`.
 *
 * @throws TypeError with a message that may be shown to the guest; nothing of the host is in it.
 */
export async function outboundFetch(
  { undici, agent }: OutboundClient,
  { json, body }: { readonly json: string; readonly body: Uint8Array | null },
  {
    signal,
    userAgent,
    share,
  }: { readonly signal: AbortSignal; readonly userAgent: string; readonly share: MemoryShare },
): Promise<OutboundResponse> {
  const request = readRequest(json)
  let response: Response
  try {
    response = await undici.fetch(request.url, {
      method: request.method,
      headers: headersOf(request, userAgent),
      redirect: request.redirect,
      body: body as Uint8Array<ArrayBuffer> | null,
      signal,
      dispatcher: agent,
    })
  } catch (error) {
    throw new TypeError(`Cannot fetch ${originOf(request.url)}: ${reasonOf(error, request.url)}`, {
      cause: error,
    })
  }
  const { status, statusText, url, redirected } = response
  const head = JSON.stringify({ status, statusText, url, redirected, headers: [...response.headers] })
  return { head, body: await readBody(response, request.url, share) }
}

function headersOf({ headers }: OutboundRequest, userAgent: string): [string, string][] {
  const given = headers.filter(([name]) => !ownHeaders.has(name.toLowerCase()))
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  if (!names.has('user-agent')) given.push(['user-agent', userAgent])
  return given.map(([name, value]) => [name, value])
}

function readRequest(json: string): OutboundRequest {
  const request = JSON.parse(json) as OutboundRequest
  const protocol = URL.parse(request.url)?.protocol
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError(`Cannot fetch ${originOf(request.url)}: scheme must be http or https`)
  }
  return request
}

async function readBody(response: Response, url: string, share: MemoryShare): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.byteLength
      if (length > maxResponseBytes) {
        throw new TypeError(`the response is over ${maxResponseBytes} bytes`)
      }
      if (!share.hold(chunk.byteLength)) {
        throw new TypeError('what the instance sends and receives must fit into limits.memoryMiB')
      }
      chunks.push(chunk)
    }
  } catch (error) {
    throw new TypeError(`Cannot read the response of ${originOf(url)}: ${reasonOf(error, url)}`, {
      cause: error,
    })
  }
  return Buffer.concat(chunks, length)
}

function originOf(url: string): string {
  const parsed = URL.parse(url)
  return parsed === null ? JSON.stringify(String(url).slice(0, 200)) : `${parsed.protocol}//${parsed.host}`
}

/** `fetch failed` alone helps nobody: the cause says what happened on the wire. */
function reasonOf(error: unknown, url: string): string {
  if (!(error instanceof Error)) return 'unknown reason'
  const { cause } = error
  if (cause instanceof EgressRefusal) {
    const isRedirect = cause.origin !== originOf(url)
    return isRedirect ? `it redirects to ${cause.origin}: ${cause.message}` : cause.message
  }
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message
  return error.message
}
