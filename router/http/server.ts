import type { HttpRequest, HttpResponse, TemplatedApp, us_listen_socket } from 'uWebSockets.js'
import type { Logger } from 'pino'
import {
  ByteBudget,
  defaultAlias,
  type Invoker,
  IsoletteError,
  type Recorder,
  type RegistryView,
} from '../../runtime/index.ts'
import { InvocationIds } from '../invocation-id.ts'
import { type AcceptCall, AsyncExchange, maxBodyBytes, readDelayMs } from './async-exchange.ts'
import { breakConnection } from './break-connection.ts'
import { TrustedProxies } from './client-address.ts'
import { Exchange, type ExchangeHost } from './exchange.ts'
import { type EverySecond, everySecond, IdleWatch } from './idle-watch.ts'
import type { PickedTarget, TargetPicker } from './pick-target.ts'
import { asksForAsync } from './prefer.ts'
import { Pulse } from './pulse.ts'
import { boundReceiveBuffers } from './receive-buffer.ts'
import { badRequest, bodyTooLarge, noRoute, refuse, wrongMethod } from './refusal.ts'
import { peerAddress, RequestEvent } from './request-event.ts'
import { RequestHead } from './request-head.ts'
import { maxWholeBytes } from './request-stream.ts'
import { type RequestUrl, RequestUrls } from './request-url.ts'
import { ResponseWriter } from './response-writer.ts'
import type { Uws } from './uws-binary.ts'

/** The HTTP side of one worker. */
export interface HttpServer {
  /** Resolves with the port. @throws IsoletteError `cannot_listen` */
  listen(): Promise<number>
  /** Closes the listen socket; connections stay. */
  stopAccepting(): void
  /** From now on each response ends its connection. */
  beginClosing(): void
  /** Requests that are not answered yet, or not wholly. */
  readonly inFlight: number
  /** Ends all connections, whatever runs on them, and the listen socket. */
  close(): void
}

export interface HttpServerOptions {
  readonly uws: Uws
  readonly view: RegistryView
  readonly picker: TargetPicker
  readonly invoker: Invoker
  /** For clients that do not wait for the function. */
  readonly acceptCall: AcceptCall
  readonly recorder: Recorder
  readonly log: Logger
  readonly options: {
    readonly host: string
    /** 0 = any free port. Several processes may listen on the same port. */
    readonly port: number
    /** CIDR ranges or addresses. */
    readonly trustedProxies: readonly string[]
    /** What request bodies may take of memory, all together; over it requests are `overloaded`. Default 256 MiB. */
    readonly maxHeldBodyBytes?: number
    /** What large responses that are being sent may take, all together; over it requests are `overloaded`. Default 256 MiB. */
    readonly maxHeldResponseBytes?: number
    /** Whether the kernel is told how much it may receive for a connection ahead of us. */
    readonly boundsReceiveBuffers?: boolean
  }
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  /** Default: the clock of the machine. */
  readonly everySecond?: EverySecond
  /** Called every half second or so of a turn of the event loop that is long because clients send many chunks. */
  readonly beat?: () => void
}

/** A worker that is silent for two seconds is killed. */
const beatEveryMs = 500
const defaultMaxHeldBytes = 256 * 1024 * 1024

/**
 * Takes HTTP requests, finds their function and version, and hands them to the invoker.
 *
 * A client that sends its next request before it has the answer to the last (pipelining) is disconnected by
 * uWebSockets.js, and both are lost; HTTP/1.0 gets 505.
 *
 * @throws IsoletteError `bad_configuration` if a trusted proxy is neither address nor range
 */
export function createServer(options: HttpServerOptions): HttpServer {
  return new UwsServer(options)
}

class UwsServer implements HttpServer {
  readonly #server: HttpServerOptions
  readonly #app: TemplatedApp
  readonly #host: ExchangeHost
  readonly #writer = new ResponseWriter()
  readonly #picker: TargetPicker
  readonly #proxies: TrustedProxies
  readonly #ids = new InvocationIds()
  readonly #head = new RequestHead()
  readonly #urls = new RequestUrls()
  #listenSocket: us_listen_socket | null = null

  constructor(server: HttpServerOptions) {
    const { invoker, recorder, options, nowMs } = server
    this.#server = server
    this.#picker = server.picker
    this.#proxies = new TrustedProxies(options.trustedProxies)
    this.#host = {
      invoker,
      recorder,
      writer: this.#writer,
      nowMs,
      inFlight: 0,
      bodies: new ByteBudget(options.maxHeldBodyBytes ?? defaultMaxHeldBytes),
      responses: new ByteBudget(options.maxHeldResponseBytes ?? defaultMaxHeldBytes),
      idle: new IdleWatch(nowMs, server.everySecond ?? everySecond),
      pulse: new Pulse(nowMs, beatEveryMs, server.beat ?? (() => {})),
    }
    this.#app = server.uws.App()
    this.#app.any('/*', (response, request) => this.#accept(response, request))
  }

  get inFlight(): number {
    return this.#host.inFlight
  }

  listen(): Promise<number> {
    const { uws, options } = this.#server
    return new Promise((resolve, reject) => {
      const listen = () => {
        this.#app.listen(options.host, options.port, (socket) => {
          if (socket) {
            this.#listenSocket = socket
            resolve(uws.us_socket_local_port(socket))
            return
          }
          const address = `${options.host}:${options.port}`
          const problem = 'must be an address of this machine and a port that is free and allowed'
          reject(new IsoletteError('cannot_listen', `Cannot listen on ${address}: ${problem}`))
        })
      }
      if (options.boundsReceiveBuffers) boundReceiveBuffers(listen).catch((err) => this.#noteUnbound(err))
      else listen()
    })
  }

  #noteUnbound(err: unknown): void {
    this.#server.log.warn({ err }, 'receive buffers are not bounded: fast uploads may take much memory')
  }

  stopAccepting(): void {
    if (this.#listenSocket === null) return
    this.#server.uws.us_listen_socket_close(this.#listenSocket)
    this.#listenSocket = null
  }

  beginClosing(): void {
    this.#writer.isClosing = true
  }

  close(): void {
    this.#listenSocket = null
    this.#app.close()
  }

  /** The request object dies when this returns: everything is read from it here. */
  #accept(response: HttpResponse, request: HttpRequest): void {
    const method = upperCaseMethod(request.getCaseSensitiveMethod())
    if (method === null) {
      this.#server.recorder.refused(400)
      breakConnection(response)
      return
    }
    let exchange: Exchange | null
    try {
      exchange = this.#begin(response, request, method)
    } catch (error) {
      this.#refuse(response, error, method === 'HEAD')
      return
    }
    if (exchange === null) return
    const { hasBody, contentLength } = this.#head
    if (!hasBody) exchange.run()
    else if (contentLength !== -1 && contentLength <= maxWholeBytes) exchange.receive()
    else exchange.stream(contentLength)
  }

  /** Null if the request's client does not wait for the function: then all is under way. @throws IsoletteError if no function gets it */
  #begin(response: HttpResponse, request: HttpRequest, method: string): Exchange | null {
    const head = this.#head
    const proxy = this.#proxyAt(response)
    head.read(request, proxy !== null)
    if (head.framingProblem !== null) throw badRequest(head.framingProblem)
    const { host, path, href } = this.#urlOf(request)
    const lookup = this.#server.view.findRoute(host, method, path)
    if (lookup.kind === 'not_found') throw noRoute(method, host, path)
    if (lookup.kind === 'method_not_allowed') throw wrongMethod(method, host, path, lookup.allow)
    const { functionName } = lookup.route
    const qualifier = lookup.route.qualifier ?? defaultAlias
    const target = this.#picker.pick(functionName, qualifier, head)
    const { maxRequestBodyBytes } = target.manifest.limits
    if (head.contentLength > maxRequestBodyBytes) throw bodyTooLarge(maxRequestBodyBytes)
    const event = new RequestEvent(
      { method, url: href, headers: head.headers },
      { connection: response, proxy, forwardedFor: head.forwardedFor, proxies: this.#proxies },
    )
    if (head.prefer !== '' && target.settings.async.http && asksForAsync(head.prefer)) {
      this.#beginAsync(response, target, qualifier, event)
      return null
    }
    const { nowMs } = this.#host
    return new Exchange(this.#host, response, { id: this.#ids.next(), target, event }, nowMs())
  }

  #beginAsync(response: HttpResponse, target: PickedTarget, qualifier: string, event: RequestEvent): void {
    const { hasBody, contentLength, idempotencyKey, delayMs } = this.#head
    const maxBytes = maxBodyBytes(target)
    if (contentLength > maxBytes) throw bodyTooLarge(maxBytes)
    const exchange = new AsyncExchange(this.#host, this.#server.acceptCall, response, {
      target,
      qualifier,
      event,
      delayMs: readDelayMs(delayMs),
      callerId: idempotencyKey === '' ? null : idempotencyKey,
    })
    if (hasBody) exchange.receive()
    else exchange.accept(null)
  }

  /** The trusted proxy's address at the other end of the connection; null if there is none. */
  #proxyAt(response: HttpResponse): string | null {
    if (this.#proxies.isEmpty) return null
    const peer = peerAddress(response)
    return this.#proxies.trusts(peer) ? peer : null
  }

  #urlOf(request: HttpRequest): RequestUrl {
    const { forwardedProto, forwardedHost, host } = this.#head
    const isHttps = forwardedProto !== '' && lastOf(forwardedProto).toLowerCase() === 'https'
    const authority = forwardedHost === '' ? host : lastOf(forwardedHost)
    const query: string | undefined = request.getQuery()
    const url = this.#urls.parse(isHttps, authority, request.getUrl(), query)
    if (url === null) throw badRequest('its host and path make no URL')
    return url
  }

  #refuse(response: HttpResponse, error: unknown, isHead: boolean): void {
    const refusal = this.#refusalFor(error)
    this.#server.recorder.refused(refusal.status)
    if (this.#head.framingProblem !== null) {
      this.#refuseLater(response, refusal, isHead)
      return
    }
    // A chunked body need not end at all.
    refuse(this.#writer, response, refusal, { isHead, close: this.#head.isChunked })
  }

  /**
   * For a request of which nobody can tell where it ends. Answered at once, uWebSockets.js would go on and take what is
   * left of the same packet for a next request; while an answer is pending it ends the connection instead.
   */
  #refuseLater(response: HttpResponse, refusal: IsoletteError, isHead: boolean): void {
    let isGone = false
    response.onAborted(() => {
      isGone = true
    })
    setImmediate(() => {
      if (!isGone) refuse(this.#writer, response, refusal, { isHead, close: true })
    })
  }

  #refusalFor(error: unknown): IsoletteError {
    if (error instanceof IsoletteError && error.status < 500) return error
    this.#server.log.error({ err: error }, 'a request could not be routed')
    return new IsoletteError('internal_error', 'The server failed')
  }
}

/**
 * The usual methods as constants: native code makes a new string each time, and those are slower to look up.
 *
 * Null if it is none. uWebSockets.js 20 does not know the trailers that may follow a chunked body: it passes over two
 * bytes and takes the rest for the next request. A proxy that hands trailers on would have `ab-c: /path HTTP/1.1` answered
 * as a request of whoever comes next on its connection (request smuggling). With a name goes a colon, or with a name of one
 * letter nothing is left, and neither is a method.
 */
function upperCaseMethod(method: string): string | null {
  switch (method) {
    case 'GET':
      return 'GET'
    case 'POST':
      return 'POST'
    default:
      return token.test(method) ? method.toUpperCase() : null
  }
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Of a list, what the nearest proxy added. */
function lastOf(list: string): string {
  return list.slice(list.lastIndexOf(',') + 1).trim()
}
