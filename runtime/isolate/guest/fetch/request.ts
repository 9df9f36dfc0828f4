import { tagClass } from '../boot/class-tag.ts'
import type { AbortSignal } from '../event/abort-signal.ts'
import type { Blob } from '../form/blob.ts'
import type { FormData } from '../form/form-data.ts'
import type { HttpInput, Invocation } from '../invocation/invocation.ts'
import { needArguments, toDictionary } from '../language/web-idl.ts'
import { Uint8Array } from '../primordials.ts'
import type { ReadableStream } from '../stream/readable-stream.ts'
import { Body } from './body.ts'
import { type Headers, wrapHeaderList } from './headers.ts'
import { readArrayBuffer, readBlob, readForm, readJson } from './read-body.ts'
import { makeRequestState, type RequestInit } from './request-init.ts'
import { type Redirect, RequestState } from './request-state.ts'

let wrapRequest: (state: RequestState) => Request
/** null if it is anything else. */
export let requestStateOf: (value: unknown) => RequestState | null

/** Given in place of a URL by the bootstrap, which no guest can name: shows a state that is there. */
const fromState = { __proto__: null } as unknown as string

/** The Fetch standard's `Request`, with what of it means something on a server. */
export class Request {
  readonly #state: RequestState
  #headers: Headers | null = null

  constructor(input: unknown, init: RequestInit | RequestState | undefined = undefined) {
    if (input === fromState) {
      this.#state = init as RequestState
      return
    }
    needArguments(arguments.length, 1, 'make a request')
    this.#state = makeRequestState(input, toDictionary(init as RequestInit | undefined))
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

  get cache(): string {
    return this.#state.options.cache
  }

  get credentials(): string {
    return this.#state.options.credentials
  }

  /** Nothing that a page loads was asked for. */
  get destination(): string {
    void this.#state
    return ''
  }

  get duplex(): string {
    void this.#state
    return 'half'
  }

  get integrity(): string {
    return this.#state.options.integrity
  }

  get isHistoryNavigation(): boolean {
    void this.#state
    return false
  }

  get isReloadNavigation(): boolean {
    void this.#state
    return false
  }

  get keepalive(): boolean {
    return this.#state.options.keepalive
  }

  get mode(): string {
    return this.#state.options.mode
  }

  get redirect(): Redirect {
    return this.#state.redirect
  }

  get referrer(): string {
    return this.#state.options.referrer
  }

  get referrerPolicy(): string {
    return this.#state.options.referrerPolicy
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
    copy.options = state.options
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
  if (input.body === 0) {
    state.body = new Body('host', invocation.requestId)
  } else if (input.body !== -1) {
    const stream = new (require('../fetch/host-stream.ts').HostStream)(input.body, invocation.requestId)
    state.body = new Body('hostStream', stream)
  }
  return wrapRequest(state)
}
