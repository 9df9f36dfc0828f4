import type { AbortSignal } from '../event/abort-signal.ts'
import type { Invocation } from '../invocation/invocation.ts'
import type { Body } from './body.ts'
import { HeaderList } from './header-list.ts'

export type Redirect = 'follow' | 'error' | 'manual'

/**
 * What a request says to a browser's fetch, besides what is sent. There is no page here, no cache and no cookies: these
 * are checked, kept and shown, for code that copies them, and change nothing.
 */
export interface RequestOptions {
  readonly cache: string
  readonly credentials: string
  readonly integrity: string
  readonly keepalive: boolean
  readonly mode: string
  readonly referrer: string
  readonly referrerPolicy: string
}

export const defaultReferrer = 'about:client'

export const defaultOptions: RequestOptions = {
  cache: 'default',
  credentials: 'same-origin',
  integrity: '',
  keepalive: false,
  mode: 'cors',
  referrer: defaultReferrer,
  referrerPolicy: '',
}

/** What a request is made of. */
export class RequestState {
  readonly method: string
  readonly url: string
  body: Body | null
  redirect: Redirect = 'follow'
  options = defaultOptions
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
          ? require('../event/abort-signal.ts').dependentSignal(
              this.followedSignal === null ? [] : [this.followedSignal],
            )
          : require('../event/abort-signal.ts').signalOf(this.#invocation)
    }
    return this.#signal
  }
}
