import type { HttpResponse as UwsResponse } from 'uWebSockets.js'
import {
  type FailedOutcome,
  type Invocation,
  type InvocationUsage,
  type Invoker,
  noUsage,
  type Outcome,
  type Recorder,
} from '../runtime/index.ts'
import type { PickedTarget } from './pick-target.ts'
import { bodyTooLarge, refuse } from './refusal.ts'
import { RequestBody } from './request-body.ts'
import type { RequestEvent } from './request-event.ts'
import { declaredLength, type ResponseHead } from './response-head.ts'
import type { ResponseWriter } from './response-writer.ts'
import { failureAnswer } from './status-table.ts'

const noResponse: FailedOutcome = {
  kind: 'internal_error',
  message: 'The invoker gave a result instead of a response',
}
const clientLeft: FailedOutcome = {
  kind: 'canceled',
  message: 'The client left before its body was complete',
}
const noRoomForBody: FailedOutcome = {
  kind: 'overloaded',
  message: 'The bodies of other requests take all the memory that bodies may take',
}
const noRoomForResponse: FailedOutcome = {
  kind: 'overloaded',
  message: 'Responses that clients are slow to take fill all the memory that responses may take',
}

/** What all exchanges of one server have in common. */
export interface ExchangeHost {
  readonly invoker: Invoker
  readonly recorder: Recorder
  readonly writer: ResponseWriter
  readonly nowMs: () => number
  /** Requests that are not answered yet, or not wholly. */
  inFlight: number
  /** Bytes of request bodies in memory, of all requests together. */
  heldBodyBytes: number
  readonly maxHeldBodyBytes: number
  /** Bytes of large response bodies that are being sent, of all requests together. */
  heldResponseBytes: number
  readonly maxHeldResponseBytes: number
}

/**
 * - `collecting` – the body is still coming
 * - `running` – the invoker has it
 * - `abandoned` – the invoker has it, but the client left
 * - `sending` – the outcome is there, the response not wholly sent
 * - `over`
 */
type State = 'collecting' | 'running' | 'abandoned' | 'sending' | 'over'

/**
 * One request's life, from the moment its function is known to the last byte of the response. It is the invocation
 * itself: a second object with a callback between the two would be paid for by every request.
 */
export class Exchange implements Invocation {
  readonly id: string
  readonly target: PickedTarget
  readonly event: RequestEvent
  readonly usage: InvocationUsage = noUsage()
  /** When the request was complete: a slow upload is no time of the function's. */
  arrivedAtMs: number
  deadlineMs = 0
  readonly #host: ExchangeHost
  readonly #response: UwsResponse
  #state: State = 'collecting'
  #heldBytes = 0
  #heldResponseBytes = 0

  constructor(
    host: ExchangeHost,
    response: UwsResponse,
    invocation: { readonly id: string; readonly target: PickedTarget; readonly event: RequestEvent },
    nowMs: number,
  ) {
    this.#host = host
    this.#response = response
    this.id = invocation.id
    this.target = invocation.target
    this.event = invocation.event
    this.arrivedAtMs = nowMs
    host.inFlight++
    response.onAborted(() => this.#abort())
  }

  /** Runs the function: the request is complete. */
  run(): void {
    this.#state = 'running'
    this.deadlineMs = this.arrivedAtMs + this.target.manifest.limits.timeoutMs
    this.#host.invoker.invoke(this)
  }

  /** Collects the body, then runs the function. Call it before the request handler returns. */
  receive(): void {
    const { maxRequestBodyBytes } = this.target.manifest.limits
    const body = new RequestBody(maxRequestBodyBytes)
    this.#response.onData((chunk, isLast) => {
      if (this.#state !== 'collecting') return
      if (!body.add(chunk)) this.#refuse(maxRequestBodyBytes)
      else if (!this.#hold(chunk.byteLength)) this.#shed()
      else if (isLast) {
        this.event.body = body.take()
        this.arrivedAtMs = this.#host.nowMs()
        this.run()
      }
    })
  }

  /** How the invocation ended: answers, counts, records. */
  onSettled(outcome: Outcome): void {
    const nowMs = this.#host.nowMs()
    if (this.#state === 'abandoned') {
      this.#end()
      this.#host.recorder.settled(this, outcome, null, nowMs)
    } else if (this.#state === 'running') {
      // Before the response: writing it may end the connection, which calls `#abort`.
      this.#state = 'sending'
      const sent = this.#holdResponse(outcome) ? outcome : noRoomForResponse
      this.#host.recorder.settled(this, sent, this.#answer(sent), nowMs)
    }
  }

  /** Writes the response; returns its status, null if there is none. `close` ends the connection after it. */
  #answer(outcome: Outcome, close = false): number | null {
    const { id, target } = this
    if (outcome.kind === 'ok' && outcome.response !== null) {
      const { status, headers, body } = outcome.response
      const head = target.heads.compose(status, headers, id)
      if (this.event.method === 'HEAD') this.#sendWithoutBody(head, lengthOf(body) ?? declaredLength(headers))
      else if (status === 204 || status === 304) this.#sendWithoutBody(head, undefined)
      else this.#send(head, body, close)
      return status
    }
    const failed = outcome.kind === 'ok' ? noResponse : outcome
    const failure = failureAnswer(failed, target.settings.exposeErrors)
    if (failure === null) {
      // Canceled, but not by the client: it is still there, and must not wait for ever.
      this.#response.close()
      return null
    }
    const head = target.heads.composeFailure(failure.status, failure.headers, id)
    if (this.event.method === 'HEAD') this.#sendWithoutBody(head, Buffer.byteLength(failure.body))
    else this.#send(head, failure.body, close)
    return failure.status
  }

  #send(head: ResponseHead, body: string | Uint8Array | null, close: boolean): void {
    const { writer } = this.#host
    if (body !== null && writer.isLarge(body)) {
      writer.writeLarge(this.#response, head, body, () => this.#end())
    } else {
      writer.write(this.#response, head, body, close)
      this.#end()
    }
  }

  #sendWithoutBody(head: ResponseHead, contentLength: number | undefined): void {
    this.#host.writer.writeWithoutBody(this.#response, head, contentLength)
    this.#end()
  }

  /** The client is gone, and with it the response object. */
  #abort(): void {
    switch (this.#state) {
      case 'collecting':
        this.#end()
        this.#host.recorder.settled(this, clientLeft, null, this.#host.nowMs())
        break
      case 'running':
        this.#state = 'abandoned'
        this.event.detach()
        this.#host.invoker.cancel(this)
        break
      case 'sending':
        this.#end()
        break
    }
  }

  /** Counts bytes of the body against what the whole server may hold; false if that is too much. */
  #hold(bytes: number): boolean {
    const host = this.#host
    if (host.heldBodyBytes + bytes > host.maxHeldBodyBytes) return false
    host.heldBodyBytes += bytes
    this.#heldBytes += bytes
    return true
  }

  /** The same for a response that the client may be slow to take. Small ones are the socket's own. */
  #holdResponse(outcome: Outcome): boolean {
    const body = outcome.kind === 'ok' && outcome.response !== null ? outcome.response.body : null
    const host = this.#host
    if (body === null || this.event.method === 'HEAD' || !host.writer.isLarge(body)) return true
    const bytes = lengthOf(body)!
    if (host.heldResponseBytes + bytes > host.maxHeldResponseBytes) return false
    host.heldResponseBytes += bytes
    this.#heldResponseBytes = bytes
    return true
  }

  #refuse(maxBytes: number): void {
    const { writer, recorder } = this.#host
    refuse(writer, this.#response, bodyTooLarge(maxBytes), { isHead: false, close: true })
    recorder.refused(413)
    this.#end()
  }

  #shed(): void {
    this.#state = 'sending'
    this.#host.recorder.settled(this, noRoomForBody, this.#answer(noRoomForBody, true), this.#host.nowMs())
  }

  #end(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#host.inFlight--
    this.#host.heldBodyBytes -= this.#heldBytes
    this.#host.heldResponseBytes -= this.#heldResponseBytes
    this.event.detach()
  }
}

function lengthOf(body: string | Uint8Array | null): number | undefined {
  if (body === null) return undefined
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
}
