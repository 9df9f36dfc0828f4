import type { HttpResponse } from 'uWebSockets.js'
import type { ByteSource, HttpEvent } from '../../runtime/index.ts'
import { addressFromBytes, type TrustedProxies } from './client-address.ts'

/** What tells a request's client, before anybody asked. */
export interface ClientOrigin {
  readonly connection: HttpResponse
  /** The address of the trusted proxy at the other end; null if there is none, and the client itself is there. */
  readonly proxy: string | null
  /** What that proxy forwarded; '' = nothing. */
  readonly forwardedFor: string
  readonly proxies: TrustedProxies
}

/** A request as the function gets it. */
export class RequestEvent implements HttpEvent {
  readonly kind = 'http'
  readonly method: string
  readonly url: string
  readonly headers: string
  /** Set before the event is handed on. */
  body: Uint8Array | ByteSource | null = null
  #origin: ClientOrigin | null
  #clientAddress = ''

  constructor(
    request: { readonly method: string; readonly url: string; readonly headers: string },
    origin: ClientOrigin,
  ) {
    this.method = request.method
    this.url = request.url
    this.headers = request.headers
    this.#origin = origin
  }

  /**
   * Found out when it is first read: asking the socket costs about a tenth of what a whole request costs the router,
   * and most functions never look. '' if the request was over by then.
   */
  get clientAddress(): string {
    if (this.#clientAddress === '' && this.#origin !== null) {
      const { connection, proxy, forwardedFor, proxies } = this.#origin
      this.#clientAddress =
        proxy === null ? peerAddress(connection) : proxies.clientAddress(proxy, forwardedFor)
    }
    return this.#clientAddress
  }

  /** The request is over: its connection must not be touched any more, and nobody needs the body. */
  detach(): void {
    this.#origin = null
    this.body = null
  }
}

/** The address at the other end of the connection. */
export function peerAddress(connection: HttpResponse): string {
  return addressFromBytes(new Uint8Array(connection.getRemoteAddress()))
}
