import {
  type AttemptContext,
  type CallEvent,
  type CallId,
  type CallResult,
  type Delivery,
  type FailedOutcome,
  fixedLimits,
  type HttpResponse,
  type Invocation,
  type InvocationUsage,
  type Invoker,
  noUsage,
  type Outcome,
  type Recorder,
} from '../../../runtime/index.ts'
import type { PickedTarget } from '../../http/pick-target.ts'
import { isSource } from '../../http/whole-answer.ts'
import {
  failureOf,
  headerOf,
  httpResult,
  jsonResult,
  lastLines,
  type Ran,
  retryAfterMs,
  tooLargeResult,
} from './attempt-result.ts'
import { BodyCollector } from './body-collector.ts'
import { describedResponse } from './described-response.ts'

/** What all attempts of a worker have in common. */
export interface AttemptHost {
  readonly invoker: Invoker
  readonly recorder: Recorder
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  /** The retry log's time. */
  readonly logNowMs: () => number
  /** Milliseconds since 1970. */
  readonly wallMs: () => number
}

/** One attempt to run a call of a function, from when it begins. It is the invocation itself, as an exchange is. */
export class Attempt implements Invocation {
  readonly id: CallId
  readonly target: PickedTarget
  readonly event: Exclude<CallEvent, { kind: 'post' }>
  readonly attempt: AttemptContext
  readonly usage: InvocationUsage = noUsage()
  readonly arrivedAtMs: number
  readonly deadlineMs: number
  readonly #host: AttemptHost
  readonly #startedAtMs: number
  readonly #onEnded: (result: Ran) => void
  #isStopping = false
  #body: BodyCollector | null = null

  constructor(
    host: AttemptHost,
    { call, attempt }: Delivery,
    event: Exclude<CallEvent, { kind: 'post' }>,
    target: PickedTarget,
    onEnded: (result: Ran) => void,
  ) {
    this.#host = host
    this.id = call.id
    this.target = target
    this.event = event
    this.attempt = attempt
    this.#onEnded = onEnded
    this.#startedAtMs = host.logNowMs()
    this.arrivedAtMs = host.nowMs()
    this.deadlineMs = this.arrivedAtMs + (target.settings.async.timeoutMs ?? target.manifest.limits.timeoutMs)
  }

  /** It is to end: it does as soon as its guest does, or its instance is ended for it. */
  stop(): void {
    if (this.#isStopping) return
    this.#isStopping = true
    if (this.#body === null) {
      this.#host.invoker.cancel(this)
      return
    }
    this.#body.cancel()
    this.#end(stopped, null)
  }

  onSettled(outcome: Outcome): void {
    if (outcome.kind !== 'ok') this.#end(this.#isStopping ? stopped : outcome, null)
    else if (outcome.response === null) this.#takeResult(outcome, outcome.result)
    else this.#takeResponse(outcome, outcome.response)
  }

  #takeResult(outcome: Outcome, json: string): void {
    const described = this.target.manifest.handlerKind === 'fetch' ? describedResponse(json) : null
    if (described?.kind === 'http') this.#end(outcome, described, described)
    else this.#end(outcome, described ?? jsonResult(json))
  }

  #takeResponse(outcome: Outcome, response: HttpResponse): void {
    const { body } = response
    if (!isSource(body)) {
      this.#end(outcome, httpResult(response, body), response)
      return
    }
    if (this.#isStopping) {
      body.cancel()
      this.#end(stopped, null)
      return
    }
    this.#body = new BodyCollector(body, {
      maxBytes: fixedLimits.maxAsyncBytes,
      withinMs: this.deadlineMs - this.#host.nowMs(),
      tooLate,
      onCollected: (collected) => {
        if (collected.kind === 'failed') this.#end(collected.failure, null, response)
        else if (collected.kind === 'too_large')
          this.#end(outcome, tooLargeResult(response, collected.bytes), response)
        else this.#end(outcome, httpResult(response, collected.bytes), response)
      },
    })
    this.#body.start()
  }

  #end(
    outcome: Outcome,
    result: CallResult | null,
    response: Pick<HttpResponse, 'status' | 'headers'> | null = null,
  ): void {
    const { nowMs, wallMs, recorder } = this.#host
    const settledAtMs = nowMs()
    // Before its record, which takes the log lines.
    const logLines = lastLines(this.usage.logLines)
    recorder.settled(this, outcome, response?.status ?? null, settledAtMs)
    const retryAfter = response === null ? null : headerOf(response.headers, 'retry-after')
    this.#onEnded({
      kind: 'ran',
      executedVersion: this.target.executedVersion,
      ...failureOf(outcome),
      result,
      retryAfterMs: retryAfterMs(retryAfter, wallMs()),
      startedAtMs: this.#startedAtMs,
      durationMs: settledAtMs - this.arrivedAtMs,
      logLines,
    })
  }
}

const stopped: FailedOutcome = { kind: 'canceled', message: 'The call was stopped' }

const tooLate: FailedOutcome = {
  kind: 'exceeded_wall_time',
  message: 'The response did not end within the time of an attempt',
}
