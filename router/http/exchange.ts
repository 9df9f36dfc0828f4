import type { HttpResponse as UwsResponse } from 'uWebSockets.js'
import {
  type ByteBudget,
  type ByteSource,
  type FailedOutcome,
  type HttpResponse,
  type Invocation,
  type InvocationUsage,
  type Invoker,
  noUsage,
  type Outcome,
  type Recorder,
} from '../../runtime/index.ts'
import { breakConnection } from './break-connection.ts'
import { exchangeFailures } from './exchange-failures.ts'
import { ExchangeStreams, type StreamsOwner } from './exchange-streams.ts'
import type { IdleWatch } from './idle-watch.ts'
import type { PickedTarget } from './pick-target.ts'
import type { Pulse } from './pulse.ts'
import { bodyTooLarge, refuse } from './refusal.ts'
import { RequestBody } from './request-body.ts'
import type { RequestEvent } from './request-event.ts'
import { RequestStream } from './request-stream.ts'
import { declaredLength, greetingFor, withClose } from './response-head.ts'
import { ResponseStream, type StreamListener } from './response-stream.ts'
import type { ResponseWriter } from './response-writer.ts'
import { type Addressee, type Ending, hasBody, isSource, lengthOf, writeAnswer } from './whole-answer.ts'

/** More of a body that nobody reads is not worth waiting for: the client is told to end the connection. */
const maxUnreadBytes = 1024 * 1024

/** What all exchanges of one server have in common. */
export interface ExchangeHost {
  readonly invoker: Invoker
  readonly recorder: Recorder
  readonly writer: ResponseWriter
  readonly nowMs: () => number
  /** Requests that are not answered yet, or not wholly. */
  inFlight: number
  /** Request bodies in memory, of all requests together. */
  readonly bodies: ByteBudget
  /** Large response bodies that are being sent, of all requests together. */
  readonly responses: ByteBudget
  readonly idle: IdleWatch
  /** Counts the chunks of request bodies. */
  readonly pulse: Pulse
}

/**
 * - `collecting` – the body is still coming
 * - `running` – the invoker has it; of a long body the rest may still be coming
 * - `abandoned` – the invoker has it, but the client left or was turned away
 * - `sending` – the outcome is there and recorded, the response not wholly sent
 * - `streaming` – the response's head is there, its body comes as it is made
 * - `over`
 */
type State = 'collecting' | 'running' | 'abandoned' | 'sending' | 'streaming' | 'over'

/**
 * One request's life, from the moment its function is known to the last byte of the response. It is the invocation
 * itself: a second object with a callback between the two would be paid for by every request.
 */
export class Exchange implements Invocation, Addressee, StreamListener, StreamsOwner {
  readonly id: string
  readonly target: PickedTarget
  readonly event: RequestEvent
  readonly attempt = null
  readonly usage: InvocationUsage = noUsage()
  /** When the function could begin: the time that a short body takes to come is not the function's, that of a long one is. */
  arrivedAtMs: number
  deadlineMs = 0
  readonly #host: ExchangeHost
  readonly response: UwsResponse
  #state: State = 'collecting'
  #heldBytes = 0
  #heldResponseBytes = 0
  #streams: ExchangeStreams | null = null
  /** What will be recorded: of a response that streams, or instead of what the invoker says of an abandoned one. */
  #outcome: Outcome | null = null
  /** The status that was answered. */
  #status: number | null = null

  constructor(
    host: ExchangeHost,
    response: UwsResponse,
    invocation: { readonly id: string; readonly target: PickedTarget; readonly event: RequestEvent },
    nowMs: number,
  ) {
    this.#host = host
    this.response = response
    this.id = invocation.id
    this.target = invocation.target
    this.event = invocation.event
    this.arrivedAtMs = nowMs
    host.inFlight++
    response.onAborted(() => this.#abort())
  }

  /** Runs the function: the request is complete, or its body streams. */
  run(): void {
    this.#state = 'running'
    this.deadlineMs = this.arrivedAtMs + this.target.manifest.limits.timeoutMs
    this.#host.invoker.invoke(this)
  }

  /** Collects a short body, then runs the function. Call it before the request handler returns. */
  receive(): void {
    const body = new RequestBody()
    this.response.onData((chunk, isLast) => {
      if (this.#state !== 'collecting') return
      if (!this.#hold(chunk.byteLength)) return this.#shed()
      body.add(chunk)
      if (!isLast) return
      this.event.body = body.take()
      this.arrivedAtMs = this.#host.nowMs()
      this.run()
    })
  }

  /** Runs the function while its body comes. Call it before the request handler returns; `contentLength` -1 = unknown. */
  stream(contentLength: number): void {
    const { maxRequestBodyBytes: maxBytes } = this.target.manifest.limits
    const streams = this.#openStreams()
    const upload = new RequestStream(streams.flow, this.#host.bodies, { maxBytes, contentLength })
    streams.upload = upload
    this.response.onData((chunk, isLast) => {
      this.#host.pulse.count()
      const problem = upload.add(chunk, isLast)
      if (problem === 'too_large') this.#refuse(maxBytes)
      else if (problem === 'no_memory') this.#shed()
    })
    // With the head often comes all of a body that is short.
    setImmediate(() => {
      if (this.#state !== 'collecting') return
      const whole = upload.takeWhole()
      if (whole) this.#hold(whole.byteLength)
      this.event.body = whole === undefined ? upload.pipe : whole
      this.run()
    })
  }

  /** How the invocation ended: answers, counts, records. */
  onSettled(outcome: Outcome): void {
    const response = outcome.kind === 'ok' ? outcome.response : null
    const source = response !== null && isSource(response.body) ? response.body : null
    if (this.#state === 'abandoned') {
      source?.cancel()
      this.#end()
      this.#record(this.#outcome ?? outcome, this.#status)
    } else if (this.#state !== 'running') {
      source?.cancel()
    } else if (source !== null && hasBody(this.event.method, response!.status)) {
      this.#startDownload(outcome, response!, source)
    } else {
      source?.cancel()
      // Before the response: writing it may end the connection, which calls `#abort`.
      this.#state = 'sending'
      const sent = this.#holdResponse(outcome) ? outcome : exchangeFailures.noRoomForResponse
      this.#record(sent, this.#answer(sent))
    }
  }

  beforeLastByte(): void {
    this.#streams!.upload?.letGo()
  }

  onStreamed(failure: FailedOutcome | null): void {
    if (failure === null) {
      this.#end()
      this.#record(this.#outcome!, this.#status)
    } else {
      this.#failDownload(failure, () => this.#answer(failure))
    }
  }

  onIdle(failure: FailedOutcome): void {
    this.#giveUp(failure, () => this.#answer(failure))
  }

  #startDownload(outcome: Outcome, response: HttpResponse, source: ByteSource): void {
    const { status, headers } = response
    this.#state = 'streaming'
    this.#outcome = outcome
    this.#status = status
    const head = this.target.heads.compose(status, headers, this.id)
    const answer = {
      head: this.#host.writer.isClosing ? withClose(head) : head,
      source,
      contentLength: declaredLength(headers),
      greeting: greetingFor(headers),
    }
    const streams = this.#openStreams()
    streams.download = new ResponseStream(this.response, streams.flow, answer, this)
    streams.download.start()
  }

  /** Ends a response that streams: with another answer if its head is not written yet. */
  #failDownload(failure: FailedOutcome, answer: () => number | null): void {
    const download = this.#streams!.download!
    if (download.hasHead) {
      this.#end()
      if (!download.isSent) breakConnection(this.response)
      this.#record(failure, this.#status)
    } else {
      this.#state = 'sending'
      this.#record(failure, answer())
    }
  }

  /** Ends an exchange whose function runs, or whose response streams. */
  #giveUp(failure: FailedOutcome, answer: () => number | null): void {
    const { upload, download } = this.#streams!
    upload?.fail(failure)
    if (this.#state === 'streaming') {
      download!.cancel()
      this.#failDownload(failure, answer)
    } else if (this.#state === 'running') {
      this.#state = 'abandoned'
      this.#outcome = failure
      this.#status = answer()
      this.event.detach()
      this.#host.invoker.cancel(this)
    }
  }

  /** Writes the response, all at once; returns its status, null if there is none. */
  #answer(outcome: Outcome, ending: Ending = 'keep'): number | null {
    const streams = this.#streams
    if (streams === null) return writeAnswer(this.#host.writer, this, outcome, ending)
    const isUnread = (streams.upload?.missingBytes ?? 0) > maxUnreadBytes
    streams.finish()
    return writeAnswer(this.#host.writer, this, outcome, ending === 'keep' && isUnread ? 'tell' : ending)
  }

  /** The response is written. Of an abandoned invocation the end is still to come. */
  onSent(): void {
    if (this.#state !== 'abandoned') this.#end()
  }

  /** The client is gone, and with it the response object. */
  #abort(): void {
    const streams = this.#streams
    streams?.upload?.fail(exchangeFailures.leftBeforeBody)
    streams?.close()
    switch (this.#state) {
      case 'collecting':
        this.#end()
        this.#record(exchangeFailures.leftBeforeBody, null)
        break
      case 'running':
        this.#state = 'abandoned'
        this.event.detach()
        this.#host.invoker.cancel(this)
        break
      case 'streaming': {
        const download = streams!.download!
        download.cancel()
        this.#end()
        this.#record(exchangeFailures.leftBeforeEnd, download.hasHead ? this.#status : null)
        break
      }
      case 'sending':
        this.#end()
        break
    }
  }

  /** The body is over the function's limit. */
  #refuse(maxBytes: number): void {
    const error = bodyTooLarge(maxBytes)
    const answer = () => {
      this.#streams?.finish()
      refuse(this.#host.writer, this.response, error, { isHead: false, close: true })
      this.onSent()
      return error.status
    }
    if (this.#state === 'collecting') this.#host.recorder.refused(answer())
    else this.#giveUp({ kind: 'canceled', message: error.message }, answer)
  }

  #shed(): void {
    const answer = () => this.#answer(exchangeFailures.noRoomForBody, 'close')
    if (this.#state === 'collecting') {
      this.#state = 'sending'
      this.#record(exchangeFailures.noRoomForBody, answer())
    } else this.#giveUp(exchangeFailures.noRoomForBody, answer)
  }

  #openStreams(): ExchangeStreams {
    const { streamIdleMs } = this.target.manifest.limits
    this.#streams ??= new ExchangeStreams(this.response, this.#host.idle, streamIdleMs, this)
    return this.#streams
  }

  /** Counts bytes of the body against what the whole server may hold; false if that is too much. */
  #hold(bytes: number): boolean {
    if (!this.#host.bodies.hold(bytes)) return false
    this.#heldBytes += bytes
    return true
  }

  /** The same for a response that the client may be slow to take. Small ones are the socket's own. */
  #holdResponse(outcome: Outcome): boolean {
    const body = outcome.kind === 'ok' && outcome.response !== null ? outcome.response.body : null
    const host = this.#host
    if (body === null || isSource(body) || this.event.method === 'HEAD' || !host.writer.isLarge(body))
      return true
    const bytes = lengthOf(body)!
    if (!host.responses.hold(bytes)) return false
    this.#heldResponseBytes = bytes
    return true
  }

  #record(outcome: Outcome, status: number | null): void {
    this.#host.recorder.settled(this, outcome, status, this.#host.nowMs())
  }

  #end(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    const host = this.#host
    host.inFlight--
    host.bodies.release(this.#heldBytes)
    host.responses.release(this.#heldResponseBytes)
    this.event.detach()
    this.#streams?.close()
  }
}
