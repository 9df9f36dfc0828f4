import type { HttpResponse as UwsResponse } from 'uWebSockets.js'
import {
  type CallEvent,
  type Enqueued,
  type EnqueueRequest,
  fixedLimits,
  IsoletteError,
} from '../../runtime/index.ts'
import type { ExchangeHost } from './exchange.ts'
import { exchangeFailures } from './exchange-failures.ts'
import type { PickedTarget } from './pick-target.ts'
import { badRequest, bodyTooLarge, refuse } from './refusal.ts'
import { RequestBody } from './request-body.ts'
import { composeHead } from './response-head.ts'
import { failureAnswer } from './status-table.ts'

/**
 * Calls back when the call is on disk or refused, perhaps before it returns. What it needs of the event's body it has copied
 * when it returns. Never throws.
 */
export type AcceptCall = (request: EnqueueRequest, onAccepted: (result: Enqueued) => void) => void

type HttpCallEvent = Extract<CallEvent, { kind: 'http' }>

/** A request to which only that it will be carried out is to be answered. */
export interface AsyncRequest {
  readonly target: PickedTarget
  readonly qualifier: string
  readonly event: Omit<HttpCallEvent, 'body'>
  readonly delayMs: number
  readonly callerId: string | null
}

/**
 * The life of a request whose client does not wait for the function: from the moment its function is known until it is
 * answered that the call is safe, or refused. A client that leaves before its body is complete has asked for nothing;
 * one that leaves later has.
 */
export class AsyncExchange {
  readonly #host: ExchangeHost
  readonly #acceptCall: AcceptCall
  readonly #response: UwsResponse
  readonly #request: AsyncRequest
  #state: 'collecting' | 'accepting' | 'over' = 'collecting'
  #isGone = false
  #heldBytes = 0

  constructor(host: ExchangeHost, acceptCall: AcceptCall, response: UwsResponse, request: AsyncRequest) {
    this.#host = host
    this.#acceptCall = acceptCall
    this.#response = response
    this.#request = request
    host.inFlight++
    response.onAborted(() => this.#abort())
  }

  /** Collects the body, then has the call accepted. Call it before the request handler returns. */
  receive(): void {
    const maxBytes = maxBodyBytes(this.#request.target)
    let body: RequestBody | null = null
    this.#response.onData((chunk, isLast) => {
      if (this.#state !== 'collecting') return
      this.#host.pulse.count()
      if (this.#heldBytes + chunk.byteLength > maxBytes) return this.#refuseBody(maxBytes)
      if (!this.#host.bodies.hold(chunk.byteLength)) return this.#shed()
      this.#heldBytes += chunk.byteLength
      // Most come in one piece, and need not be copied to be copied again.
      if (isLast && body === null) return this.accept(chunk.byteLength === 0 ? null : new Uint8Array(chunk))
      body ??= new RequestBody()
      body.add(chunk)
      if (isLast) this.accept(body.take())
    })
  }

  /** Has the call accepted: the request is complete. */
  accept(body: Uint8Array | null): void {
    this.#state = 'accepting'
    const { target, qualifier, event, delayMs, callerId } = this.#request
    const { method, url, headers, clientAddress } = event
    this.#acceptCall(
      {
        target,
        qualifier,
        event: { kind: 'http', method, url, headers, body, clientAddress },
        source: 'http',
        depth: 0,
        parentId: null,
        delayMs,
        callerId,
      },
      (result) => this.#answer(result),
    )
  }

  #answer(result: Enqueued): void {
    this.#end()
    if (this.#isGone) return
    if (result.kind === 'enqueued') this.#writeAccepted(result.id)
    else this.#refuse(refusalFor(result), false)
  }

  #writeAccepted(id: string): void {
    const { writer } = this.#host
    const head = `${acceptedHead}${id}\r\nx-isolette-invocation-id: ${id}`
    const body = `{"invocationId":"${id}"}`
    if (this.#request.event.method === 'HEAD') writer.writeWithoutBody(this.#response, head, body.length)
    else writer.write(this.#response, head, body)
  }

  #refuseBody(maxBytes: number): void {
    const error = bodyTooLarge(maxBytes)
    this.#host.recorder.refused(error.status)
    this.#end()
    this.#refuse(error, true)
  }

  #shed(): void {
    const { status, headers, body } = failureAnswer(exchangeFailures.noRoomForBody, false)!
    this.#host.recorder.refused(status)
    this.#end()
    this.#host.writer.write(this.#response, composeHead(status, headers), body, true)
  }

  #refuse(error: IsoletteError, close: boolean): void {
    const isHead = this.#request.event.method === 'HEAD'
    refuse(this.#host.writer, this.#response, error, { isHead, close })
  }

  #abort(): void {
    this.#isGone = true
    // What is being accepted is answered to nobody, and is not over before: a worker that ends waits for it.
    if (this.#state === 'collecting') this.#end()
  }

  #end(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#host.inFlight--
    this.#host.bodies.release(this.#heldBytes)
  }
}

/** Of a request that becomes a call. */
export function maxBodyBytes(target: PickedTarget): number {
  return Math.min(target.manifest.limits.maxRequestBodyBytes, fixedLimits.maxAsyncBytes)
}

/** What a client says in `x-isolette-delay-ms`; '' = nothing. @throws IsoletteError `bad_request` */
export function readDelayMs(text: string): number {
  if (text === '') return 0
  const { maxDelayMs } = fixedLimits
  const delayMs = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  if (delayMs <= maxDelayMs) return delayMs
  const shown = JSON.stringify(text.slice(0, 50))
  throw badRequest(`x-isolette-delay-ms is ${shown}, must be a whole number from 0 to ${maxDelayMs}`)
}

/** Up to the call's id. */
const acceptedHead = composeHead(202, [
  'content-type',
  'application/json',
  'preference-applied',
  'respond-async',
  'location',
  '/v1/invocations/',
])

function refusalFor(result: Exclude<Enqueued, { kind: 'enqueued' }>): IsoletteError {
  if (result.kind === 'refused') return new IsoletteError(result.code, result.message)
  const { id, state } = result
  return new IsoletteError(
    'duplicate_invocation',
    `Cannot accept the call: the function has one of that id, ${id}, must be another id`,
    { details: { invocationId: id, state } },
  )
}
