import type { AbortSignal } from '../event/abort-signal.ts'
import type { Invocation } from '../invocation/invocation.ts'
import type { Body } from './body.ts'
import { HeaderList } from './header-list.ts'

export type Redirect = 'follow' | 'error' | 'manual'

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
          ? require('../event/abort-signal.ts').dependentSignal(
              this.followedSignal === null ? [] : [this.followedSignal],
            )
          : require('../event/abort-signal.ts').signalOf(this.#invocation)
    }
    return this.#signal
  }
}
