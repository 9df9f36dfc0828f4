import type { AbortSignal } from '../event/abort-signal.ts'
import { ignoreRejection } from '../language/deferred.ts'
import { stringToUpperCase, TypeError } from '../primordials.ts'
import { Body } from './body.ts'
import { extractBody } from './extract-body.ts'
import { HeaderList } from './header-list.ts'
import { isToken } from './header-text.ts'
import { type HeadersInit, readHeadersInit } from './headers.ts'
import { requestStateOf } from './request.ts'
import type { GivenOptions } from './request-options.ts'
import { defaultOptions, type Redirect, RequestState } from './request-state.ts'

export interface RequestInit extends Partial<GivenOptions> {
  readonly body?: unknown
  readonly duplex?: unknown
  readonly headers?: HeadersInit
  readonly method?: string
  readonly redirect?: string
  readonly signal?: AbortSignal | null
  readonly window?: unknown
}

/**
 * What `new Request(input, init)` makes.
 *
 * @throws TypeError for what the Fetch standard refuses.
 */
export function makeRequestState(input: unknown, init: RequestInit): RequestState {
  const source = requestStateOf(input)
  // In the order of their names, each once, as Web IDL has it.
  const { body, cache, credentials, duplex, headers, integrity, keepalive, method, mode, priority } = init
  const { redirect, referrer, referrerPolicy, signal, window } = init
  const url = source?.url ?? readUrl(`${input as string}`)
  const list = headers === undefined ? (source?.headers.copy() ?? new HeaderList()) : readHeadersInit(headers)
  const state = new RequestState(
    method === undefined ? (source?.method ?? 'GET') : readMethod(`${method}`),
    url,
    list,
    null,
  )
  if (window !== undefined && window !== null)
    throw new TypeError('Cannot make a request: window must be null or left out')
  if (duplex !== undefined && `${duplex}` !== 'half')
    throw new TypeError(`Cannot make a request: duplex "${duplex}", must be half`)
  state.redirect = redirect === undefined ? (source?.redirect ?? 'follow') : readRedirect(`${redirect}`)
  if (source !== null) state.options = source.options
  const given = { cache, credentials, integrity, keepalive, mode, priority, referrer, referrerPolicy }
  const isChanged = body !== undefined || headers !== undefined || method !== undefined
  if (isAnyGiven(given) || (state.options !== defaultOptions && isChanged))
    state.options = require('../fetch/request-options.ts').readOptions(given, state.options, state.method)
  state.followedSignal = signal === undefined ? (source?.signal ?? null) : readSignal(signal)
  const hasBody = (body !== undefined && body !== null) || (body === undefined && source?.body != null)
  if (hasBody && (state.method === 'GET' || state.method === 'HEAD')) {
    throw new TypeError(`Cannot make a request: method ${state.method} allows no body`)
  }
  if (!hasBody) return state
  if (body === undefined) {
    state.body = passBody(source!.body!)
    return state
  }
  const extracted = extractBody(body)
  state.body = extracted.body
  if (extracted.body.isStream) {
    if (duplex === undefined)
      throw new TypeError('Cannot make a request: duplex is left out, must be "half" with a stream as body')
    if (state.options.keepalive)
      throw new TypeError('Cannot make a request: a stream is no body for one with keepalive')
  }
  if (extracted.contentType !== null && !list.has('content-type')) {
    list.append('content-type', extracted.contentType)
  }
  return state
}

function isAnyGiven(given: GivenOptions): boolean {
  const { cache, credentials, integrity, keepalive, mode, priority, referrer, referrerPolicy } = given
  return (
    cache !== undefined ||
    credentials !== undefined ||
    integrity !== undefined ||
    keepalive !== undefined ||
    mode !== undefined ||
    priority !== undefined ||
    referrer !== undefined ||
    referrerPolicy !== undefined
  )
}

/** The new request takes the body over: the old one's counts as read. */
function passBody(body: Body): Body {
  if (body.isUnusable)
    throw new TypeError('Cannot make a request: the body was read before, or is being read')
  const taken = body.take()
  if (taken !== null) return new Body(taken.kind, taken.content)
  const copy = body.clone()
  void ignoreRejection(body.stream().cancel())
  return copy
}

function readSignal(signal: unknown): AbortSignal | null {
  if (signal === null) return null
  if (require('../event/abort-signal.ts').isSignal(signal)) return signal
  throw new TypeError('Cannot make a request: signal must be an AbortSignal')
}

function readUrl(text: string): string {
  const url = require('../url/url-parse.ts').parseOrThrow(text)
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('Cannot make a request: the URL must hold no user name and no password')
  }
  return url.href
}

function readMethod(method: string): string {
  if (!isToken(method)) throw new TypeError('Cannot make a request: method must be an HTTP token')
  const upper = stringToUpperCase(method)
  switch (upper) {
    case 'CONNECT':
    case 'TRACE':
    case 'TRACK':
      throw new TypeError(`Cannot make a request: method ${upper} is not allowed`)
    case 'DELETE':
    case 'GET':
    case 'HEAD':
    case 'OPTIONS':
    case 'POST':
    case 'PUT':
      return upper
  }
  // Other methods keep their case, `patch` included: so the standard.
  return method
}

function readRedirect(redirect: string): Redirect {
  if (redirect === 'follow' || redirect === 'error' || redirect === 'manual') return redirect
  throw new TypeError(`Cannot make a request: redirect "${redirect}", must be follow, error or manual`)
}
