import { tagClass } from '../boot/class-tag.ts'
import type { Blob } from '../form/blob.ts'
import type { FormData } from '../form/form-data.ts'
import { needArguments, toDictionary } from '../language/web-idl.ts'
import { floor, jsonStringify, RangeError, stringCharCodeAt, TypeError, Uint8Array } from '../primordials.ts'
import type { ReadableStream } from '../stream/readable-stream.ts'
import { Body } from './body.ts'
import { extractBody, plainText } from './extract-body.ts'
import { type Headers, type HeadersInit, readHeadersInit, wrapHeaderList } from './headers.ts'
import { readArrayBuffer, readBlob, readForm, readJson } from './read-body.ts'
import { ResponseState } from './response-state.ts'

export interface ResponseInit {
  status?: number
  statusText?: string
  headers?: HeadersInit
}

export let wrapResponse: (state: ResponseState) => Response
/** null if it is anything else. */
export let responseStateOf: (value: unknown) => ResponseState | null

/** Given in place of a body by the bootstrap, which no guest can name: shows a state that is there. */
const fromState = { __proto__: null }

/** The Fetch standard's `Response`. */
export class Response {
  readonly #state: ResponseState
  #headers: Headers | null = null

  constructor(body: unknown = undefined, init: ResponseInit | ResponseState | undefined = undefined) {
    if (body === fromState) {
      this.#state = init as ResponseState
      return
    }
    const state = new ResponseState()
    this.#state = state
    if (init !== undefined && init !== null) applyInit(state, toDictionary(init as ResponseInit))
    if (body !== undefined && body !== null) setBody(state, body, null)
  }

  static json(data: unknown, init: ResponseInit | undefined = undefined): Response {
    needArguments(arguments.length, 1, 'make a response')
    const text = jsonStringify(data) as string | undefined
    if (text === undefined) throw new TypeError('Cannot make a response: the data has no JSON')
    const state = new ResponseState()
    if (init !== undefined && init !== null) applyInit(state, toDictionary(init))
    setBody(state, text, 'application/json')
    return new Response(fromState, state)
  }

  static redirect(url: string, status = 302): Response {
    needArguments(arguments.length, 1, 'redirect')
    const location = require('../url/url-parse.ts').parseOrThrow(`${url}`).href
    if (!isRedirectStatus(status)) {
      throw new RangeError(`Cannot redirect: status ${status}, must be 301, 302, 303, 307 or 308`)
    }
    const state = new ResponseState()
    state.status = status
    state.isImmutable = true
    state.headerList().append('location', location)
    return new Response(fromState, state)
  }

  static error(): Response {
    const state = new ResponseState()
    state.status = 0
    state.type = 'error'
    state.isImmutable = true
    return new Response(fromState, state)
  }

  get type(): string {
    return this.#state.type
  }

  get url(): string {
    return this.#state.url
  }

  get redirected(): boolean {
    return this.#state.isRedirected
  }

  get status(): number {
    return this.#state.status
  }

  get ok(): boolean {
    const { status } = this.#state
    return status >= 200 && status <= 299
  }

  get statusText(): string {
    return this.#state.statusText
  }

  get headers(): Headers {
    this.#headers ??= wrapHeaderList(this.#state.headerList(), this.#state.isImmutable)
    return this.#headers
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
    return readBlob(this.#state.body, this.#state.headerList().get('content-type'))
  }

  async bytes(): Promise<Uint8Array> {
    return (await this.#state.body?.bytes()) ?? new Uint8Array(0)
  }

  async formData(): Promise<FormData> {
    return readForm(this.#state.body, this.#state.headerList().get('content-type'))
  }

  async json(): Promise<unknown> {
    return readJson(this.#state.body)
  }

  async text(): Promise<string> {
    return (await this.#state.body?.text()) ?? ''
  }

  clone(): Response {
    const state = this.#state
    const copy = new ResponseState()
    copy.status = state.status
    copy.statusText = state.statusText
    copy.headers = state.headers?.copy() ?? null
    copy.contentType = state.contentType
    copy.url = state.url
    copy.type = state.type
    copy.isRedirected = state.isRedirected
    copy.isImmutable = state.isImmutable
    copy.body = state.body?.clone() ?? null
    return new Response(fromState, copy)
  }

  static {
    wrapResponse = (state) => new Response(fromState, state)
    responseStateOf = (value) =>
      typeof value === 'object' && value !== null && #state in value ? value.#state : null
  }
}

tagClass(Response, 'Response')

/** Reads each member once, in the order of their names, as Web IDL has it. */
function applyInit(state: ResponseState, init: ResponseInit): void {
  const { headers, status, statusText } = init
  if (headers !== undefined) state.headers = readHeadersInit(headers)
  if (status !== undefined) {
    const number = +status
    if (!(number >= 200 && number <= 599)) {
      throw new RangeError(`Cannot make a response: status ${number}, must be 200 to 599`)
    }
    state.status = floor(number)
  }
  if (statusText !== undefined) state.statusText = checkReason(`${statusText}`)
}

function checkReason(text: string): string {
  for (let index = 0; index < text.length; index++) {
    const code = stringCharCodeAt(text, index)
    if (code > 255 || code === 127 || (code < 32 && code !== 9)) {
      throw new TypeError('Cannot make a response: statusText must be a reason phrase of HTTP')
    }
  }
  return text
}

/** `contentType` overrides what the body implies. Neither replaces a header that is there. */
function setBody(state: ResponseState, init: unknown, contentType: string | null): void {
  const { status } = state
  if (status === 204 || status === 205 || status === 304) {
    throw new TypeError(`Cannot make a response: status ${status} allows no body`)
  }
  if (typeof init === 'string') {
    state.body = new Body('text', init)
    implyContentType(state, contentType ?? plainText)
    return
  }
  const extracted = extractBody(init)
  state.body = extracted.body
  implyContentType(state, contentType ?? extracted.contentType)
}

function implyContentType(state: ResponseState, contentType: string | null): void {
  if (state.headers === null) state.contentType = contentType
  else if (contentType !== null && !state.headers.has('content-type')) {
    state.headers.append('content-type', contentType)
  }
}

function isRedirectStatus(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308
}
