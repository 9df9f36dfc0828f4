import type { Dispatcher, Response } from 'undici'
import type { ByteSource } from '../../model/byte-source.ts'
import type { FailedOutcome } from '../../model/outcome.ts'
import { EgressRefusal } from './egress-connector.ts'
import type { OutboundClient } from './outbound-agents.ts'

/** What a guest asks for, as JSON through `op.fetch`. */
interface OutboundRequest {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly redirect: 'follow' | 'error' | 'manual'
}

/** What the request is carried out with. */
export interface OutboundTerms {
  readonly signal: AbortSignal
  /** Of requests that name none. */
  readonly userAgent: string
  /** To the response's head. */
  readonly timeoutMs: number
  /** Longest pause of the response's body while somebody reads it. */
  readonly streamIdleMs: number
}

export interface OutboundResponse {
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected: boolean
  readonly headers: readonly (readonly [string, string])[]
  readonly stream: ReadableStream<Uint8Array> | null
  /** Most memory that unpacking the stream takes. */
  readonly unpackingBytes: number
}

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

const MiB = 1024 * 1024
/** What undici unpacks by itself, and the largest window of each, which is kept of what was unpacked. */
const unpackedCodings = new Map([
  ['gzip', MiB / 32],
  ['x-gzip', MiB / 32],
  ['deflate', MiB / 32],
  ['br', 16 * MiB],
  ['zstd', 8 * MiB],
])

/**
 * Carries out one outbound request, up to the head of its response.
 *
 * @throws TypeError with a message that may be shown to the guest; nothing of the host is in it.
 */
export async function outboundFetch(
  client: OutboundClient,
  { json, body }: { readonly json: string; readonly body: Uint8Array | ByteSource | null },
  { signal, userAgent, timeoutMs, streamIdleMs }: OutboundTerms,
): Promise<OutboundResponse> {
  const { undici, agent } = client
  const request = readRequest(json)
  const isStream = body !== null && !(body instanceof Uint8Array)
  const dispatcher = {
    dispatch: (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) =>
      agent.dispatch(
        {
          ...options,
          headersTimeout: timeoutMs,
          bodyTimeout: streamIdleMs,
          ...(client.isCrowded && { reset: true }),
        },
        handler,
      ),
  } as Dispatcher
  let response: Response
  try {
    response = await undici.fetch(request.url, {
      method: request.method,
      headers: headersOf(request, userAgent),
      redirect: request.redirect,
      ...(isStream
        ? { body: chunksOf(body, streamIdleMs), duplex: 'half' as const }
        : { body: body as Uint8Array<ArrayBuffer> | null }),
      signal,
      dispatcher,
    })
  } catch (error) {
    throw new TypeError(`Cannot fetch ${originOf(request.url)}: ${outboundReason(error, request.url)}`, {
      cause: error,
    })
  }
  const { status, statusText, url, redirected } = response
  const stream = response.body as ReadableStream<Uint8Array> | null
  const codings = unpackedCodingsOf(response)
  const unpackingBytes = codings.reduce((sum, coding) => sum + unpackedCodings.get(coding)!, 0)
  const answered = codings.length === 0 ? [...response.headers] : headersOfUnpacked(response)
  return { status, statusText, url, redirected, headers: answered, stream, unpackingBytes }
}

function unpackedCodingsOf({ headers, body }: Response): string[] {
  if (body === null) return []
  const codings = headers.get('content-encoding')?.toLowerCase().split(',') ?? []
  const names = codings.map((coding) => coding.trim())
  return names.every((name) => unpackedCodings.has(name)) ? names : []
}

/** The guest is not told how long and how packed the body was: it may hand both on. */
function headersOfUnpacked({ headers }: Response): (readonly [string, string])[] {
  return [...headers].filter(([name]) => name !== 'content-encoding' && name !== 'content-length')
}

/** @throws UploadFailure when the source fails, or is silent for too long: the request is then given up. */
async function* chunksOf(source: ByteSource, idleMs: number): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const read = source.read()
      if (read.kind === 'end') return
      if (read.kind === 'failed') throw new UploadFailure(read.failure)
      if (read.kind === 'bytes') yield read.bytes
      else await readable(source, idleMs)
    }
  } finally {
    source.cancel()
  }
}

function readable(source: ByteSource, idleMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const message = `nothing of it came for limits.streamIdleMs, ${idleMs} ms`
  const timer = setTimeout(() => reject(new UploadFailure({ kind: 'exceeded_wall_time', message })), idleMs)
  timer.unref()
  source.onceReadable(() => {
    clearTimeout(timer)
    resolve()
  })
  return promise
}

/** The body that was to be sent came to no end. */
class UploadFailure extends Error {
  constructor(failure: FailedOutcome) {
    super(`its body is incomplete: ${failure.kind === 'exception' ? failure.error.message : failure.message}`)
  }
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

export function originOf(url: string): string {
  const parsed = URL.parse(url)
  return parsed === null ? JSON.stringify(String(url).slice(0, 200)) : `${parsed.protocol}//${parsed.host}`
}

/** `fetch failed` alone helps nobody: the cause says what happened on the wire. */
export function outboundReason(error: unknown, url: string): string {
  if (!(error instanceof Error)) return 'unknown reason'
  const { cause } = error
  if (cause instanceof EgressRefusal) {
    const isRedirect = cause.origin !== originOf(url)
    return isRedirect ? `it redirects to ${cause.origin}: ${cause.message}` : cause.message
  }
  if (cause instanceof UploadFailure) return cause.message
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message
  return error.message
}
