import type { HttpResponse } from 'uWebSockets.js'
import type { HttpEvent } from '../runtime/model/invocation.ts'
import { canonicalAddress } from './client-address.ts'

/** A request as the function gets it. */
export class RequestEvent implements HttpEvent {
  readonly kind = 'http'
  readonly method: string
  readonly url: string
  readonly headers: string
  /** Set when it is complete, before the event is handed on. */
  body: Uint8Array | null = null
  #peer: HttpResponse | null
  #clientAddress: string | null

  /** `clientAddress` null = the peer's, as long as the connection stands. */
  constructor(
    request: { readonly method: string; readonly url: string; readonly headers: string },
    peer: HttpResponse,
    clientAddress: string | null,
  ) {
    this.method = request.method
    this.url = request.url
    this.headers = request.headers
    this.#peer = peer
    this.#clientAddress = clientAddress
  }

  /**
   * Asked of the socket when it is first read: that costs about a tenth of what a whole request costs the router, and
   * most functions never look. '' if the connection was gone by then.
   */
  get clientAddress(): string {
    if (this.#clientAddress === null) this.#clientAddress = this.#peer === null ? '' : peerAddress(this.#peer)
    return this.#clientAddress
  }

  /** The response is over or the client gone: its socket must not be touched any more, and nobody needs the body. */
  detach(): void {
    this.#peer = null
    this.body = null
  }
}

/** The address at the other end of the connection. */
export function peerAddress(response: HttpResponse): string {
  return canonicalAddress(Buffer.from(response.getRemoteAddressAsText()).toString('latin1'))
}
