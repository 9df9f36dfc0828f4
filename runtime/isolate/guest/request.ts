import type { AbortSignal } from './abort-signal.ts'
import type { Blob } from './blob.ts'
import { Body } from './body.ts'
import { tagClass } from './class-tag.ts'
import { extractBody } from './extract-body.ts'
import type { FormData } from './form-data.ts'
import { HeaderList } from './header-list.ts'
import { isToken } from './header-text.ts'
import { type Headers, type HeadersInit, readHeadersInit, wrapHeaderList } from './headers.ts'
import type { HttpInput, Invocation } from './invocation.ts'
import { stringToUpperCase, TypeError, Uint8Array } from './primordials.ts'
import { readArrayBuffer, readBlob, readForm, readJson } from './read-body.ts'
import type { ReadableStream } from './readable-stream.ts'

export interface RequestInit {
  method?: string
  headers?: HeadersInit
  body?: unknown
  redirect?: Redirect
  signal?: AbortSignal | null
}

export type Redirect = 'follow' | 'error' | 'manual'

export let wrapRequest: (state: RequestState) => Request
/** null if it is anything else. */
export let requestStateOf: (value: unknown) => RequestState | null

/** What a request is made of. */
export class RequestState {
  readonly method: string
  readonly url: string
  body: Body | null
  redirect: Redirect = 'follow'
  isImmutable = false
  followedSignal: AbortSignal | null = null
  #signal: AbortSignal | null = null
  #headers: HeaderList | null
  #headerText: string
  /** Of a request that came in: it aborts the signal. */
  readonly #invocation: Invocation | null

  constructor(method: string, url: string, headers: HeaderList | string, invocation: Invocation | null) {
    this.method = method
    this.url = url
    this.body = null
    this.#headers = typeof headers === 'string' ? null : headers
    this.#headerText = typeof headers === 'string' ? headers : ''
    this.#invocation = invocation
  }

  /** Read out of the host's text when first asked for. */
  get headers(): HeaderList {
    if (this.#headers === null) {
      this.#headers = HeaderList.parse(this.#headerText)
      this.#headerText = ''
    }
    return this.#headers
  }

  /** Made when first asked for. It follows the signal that the request was made with. */
  get signal(): AbortSignal {
    if (this.#signal === null) {
      this.#signal =
        this.#invocation === null
          ? require('./abort-signal.ts').dependentSignal(
              this.followedSignal === null ? [] : [this.followedSignal],
            )
          : require('./abort-signal.ts').signalOf(this.#invocation)
    }
    return this.#signal
  }
}

/** Given in place of a URL by the bootstrap, which no guest can name: shows a state that is there. */
const fromState = { __proto__: null } as unknown as string

/** The Fetch standard's `Request`, with what of it means something on a server. */
export class Request {
  readonly #state: RequestState
  #headers: Headers | null = null

  constructor(input: unknown, init?: RequestInit | RequestState) {
    this.#state = input === fromState ? (init as RequestState) : makeState(input, (init ?? {}) as RequestInit)
  }

  get method(): string {
    return this.#state.method
  }

  get url(): string {
    return this.#state.url
  }

  get headers(): Headers {
    this.#headers ??= wrapHeaderList(this.#state.headers, this.#state.isImmutable)
    return this.#headers
  }

  get redirect(): Redirect {
    return this.#state.redirect
  }

  get signal(): AbortSignal {
    return this.#state.signal
  }

  get body(): ReadableStream | null {
    return this.#state.body === null ? null : this.#state.body.stream()
  }

  get bodyUsed(): boolean {
    return this.#state.body?.isUsed ?? false
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return readArrayBuffer(this.#state.body)
  }

  async blob(): Promise<Blob> {
    return readBlob(this.#state.body, this.#state.headers.get('content-type'))
  }

  async bytes(): Promise<Uint8Array> {
    return (await this.#state.body?.bytes()) ?? new Uint8Array(0)
  }

  async formData(): Promise<FormData> {
    return readForm(this.#state.body, this.#state.headers.get('content-type'))
  }

  async json(): Promise<unknown> {
    return readJson(this.#state.body)
  }

  async text(): Promise<string> {
    return (await this.#state.body?.text()) ?? ''
  }

  clone(): Request {
    const state = this.#state
    const copy = new RequestState(state.method, state.url, state.headers.copy(), null)
    copy.redirect = state.redirect
    copy.isImmutable = state.isImmutable
    copy.body = state.body?.clone() ?? null
    copy.followedSignal = state.signal
    return new Request(fromState, copy)
  }

  static {
    wrapRequest = (state) => new Request(fromState, state)
    requestStateOf = (value) =>
      typeof value === 'object' && value !== null && #state in value ? value.#state : null
  }
}

tagClass(Request, 'Request')

/** A request that came in. Its headers cannot be changed. */
export function incomingRequest(invocation: Invocation, input: HttpInput): Request {
  const state = new RequestState(input.method, input.url, input.headers, invocation)
  state.isImmutable = true
  if (input.bodyBytes !== -1) state.body = new Body('host', invocation.requestId)
  return wrapRequest(state)
}

/** @throws TypeError for what the Fetch standard refuses. */
function makeState(input: unknown, init: RequestInit): RequestState {
  const source = requestStateOf(input)
  const { body, headers, method, redirect, signal } = init
  const url = source?.url ?? readUrl(`${input as string}`)
  const list = headers === undefined ? (source?.headers.copy() ?? new HeaderList()) : readHeadersInit(headers)
  const state = new RequestState(
    method === undefined ? (source?.method ?? 'GET') : readMethod(`${method}`),
    url,
    list,
    null,
  )
  state.redirect = redirect === undefined ? (source?.redirect ?? 'follow') : readRedirect(`${redirect}`)
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
  if (extracted.contentType !== null && !list.has('content-type')) {
    list.append('content-type', extracted.contentType)
  }
  return state
}

/** The new request takes the body over: the old one's counts as read. */
function passBody(body: Body): Body {
  if (body.isUnusable)
    throw new TypeError('Cannot make a request: the body was read before, or is being read')
  const taken = body.take()
  if (taken !== null) return new Body(taken.kind, taken.content)
  const copy = body.clone()
  void body.stream().cancel()
  return copy
}

function readSignal(signal: unknown): AbortSignal | null {
  if (signal === null) return null
  if (require('./abort-signal.ts').isSignal(signal)) return signal
  throw new TypeError('Cannot make a request: signal must be an AbortSignal')
}

function readUrl(text: string): string {
  const url = require('./url-parse.ts').parseOrThrow(text)
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
