import type { ByteSource } from '../../model/byte-source.ts'
import type { FailedOutcome } from '../../model/outcome.ts'
import type { VersionManifest } from '../../model/version.ts'
import { bodyKind } from '../abi.ts'
import type { GuestOps } from '../ops/guest-ops.ts'
import type { SinkEnd } from '../ops/guest-sinks.ts'
import { WatchedSource } from '../outbound/watched-source.ts'
import type { InstanceContext } from './instance-context.ts'
import {
  canceled,
  exceededCpu,
  interrupted,
  noResponse,
  responseOutcome,
  resultOutcome,
} from './instance-outcomes.ts'
import type { InstanceRequests } from './instance-requests.ts'
import { maxInitCpuMs } from './lifecycle.ts'
import { explainMissingWasm } from './missing-wasm.ts'
import type { Pending } from './pending.ts'
import type { GuestResult } from './result-frames.ts'

export interface AnswerTaker {
  readonly manifest: VersionManifest
  readonly mapError: InstanceContext['mapError']
  readonly ops: GuestOps
  readonly requests: InstanceRequests
  readonly onRanOn: InstanceContext['onRanOn']
  /** Somebody stopped reading a response: a place may have become free. */
  readonly onProgress: () => void
}

/** Takes what the guest of one instance answers, and ends its requests accordingly. */
export class InstanceAnswers {
  readonly #taker: AnswerTaker

  constructor(taker: AnswerTaker) {
    this.#taker = taker
  }

  /** Adds whom the result is about to the participants of the entry it comes from. */
  take(result: GuestResult, participants: Set<Pending>): void {
    const { requests, manifest, mapError, ops } = this.#taker
    const pending = requests.get(result.requestId)
    if (pending === undefined) {
      if (result.kind === 'response' && result.bodyKind === bodyKind.stream)
        ops.handOn(result.bodyId)?.cancel()
      return
    }
    if (result.kind === 'done') {
      // What a request answers after its signal aborted, the guest keeps to itself.
      requests.settle(pending, pending.mustEnd ? canceled : noResponse)
      this.remove(pending)
      return
    }
    participants.add(pending)
    if (result.kind === 'error') {
      const error = mapError(manifest, explainMissingWasm(result.error))
      this.conclude(pending, this.overspent(pending) ?? { kind: 'exception', error })
    } else if (result.kind === 'response') {
      this.#answer(pending, result)
    } else {
      const isHttp = pending.invocation.event.kind === 'http'
      const outcome = isHttp ? noResponse : resultOutcome(result.json)
      requests.settle(pending, this.overspent(pending) ?? outcome)
    }
  }

  /** Ends a request without an answer, in the middle of it, or what it left running. */
  conclude(pending: Pending, outcome: FailedOutcome): void {
    const { requests, ops } = this.#taker
    if (!pending.isSettled) requests.settle(pending, outcome)
    else if (pending.responseSink !== 0) ops.failSink(pending.responseSink, outcome)
    else if (!pending.isGivenUp) pending.lateFailure ??= outcome
  }

  /** How a request ends that took more CPU than it may. */
  overspent(pending: Pending): FailedOutcome | null {
    const { limits } = this.#taker.manifest
    const spentMs = pending.invocation.usage.cpuMs
    if (spentMs <= limits.cpuMs) return null
    if (pending.hook === 'init' && spentMs <= maxInitCpuMs(limits)) return null
    return exceededCpu(spentMs, limits.cpuMs)
  }

  /** Nothing more of the request runs, or nobody cares. */
  remove(pending: Pending): void {
    const { requests, ops } = this.#taker
    requests.remove(pending)
    this.tellRest(pending)
    ops.forget(pending)
    if (requests.isEmpty) ops.rest()
  }

  /** Ends all requests: the instance is about to end. */
  interruptAll(): void {
    const { requests } = this.#taker
    requests.close()
    for (const pending of requests.values()) {
      this.conclude(pending, interrupted)
      this.remove(pending)
    }
  }

  /** What a request has done since it was recorded. Call it when it does nothing more. */
  tellRest(pending: Pending): void {
    const { manifest, mapError, onRanOn } = this.#taker
    const { lateFailure: failure, invocation } = pending
    const { usage } = invocation
    if (failure === null && usage.logLines.length === 0 && usage.cpuMs === usage.recordedCpuMs) return
    const isError = failure?.kind === 'exception'
    onRanOn(invocation, isError ? { ...failure, error: mapError(manifest, failure.error) } : failure)
  }

  #answer(pending: Pending, result: Extract<GuestResult, { kind: 'response' }>): void {
    const source = this.#claimBody(pending, result)
    const isHttp = pending.invocation.event.kind === 'http'
    const outcome =
      this.overspent(pending) ?? (isHttp ? responseOutcome(result, pending, source) : noResponse)
    // Nobody will read it: the guest is told.
    if (pending.isSettled || outcome.kind !== 'ok') source?.cancel()
    this.#taker.requests.settle(pending, outcome)
  }

  /** The body of a response that comes bit by bit; null if it does not, or its stream is not there. */
  #claimBody(
    pending: Pending,
    result: { readonly bodyKind: number; readonly bodyId: number },
  ): ByteSource | null {
    const { requests, ops } = this.#taker
    if (result.bodyKind === bodyKind.stream) {
      const source = ops.handOn(result.bodyId)
      return source && new WatchedSource(source, () => this.#noteReaderGone(pending))
    }
    if (result.bodyKind !== bodyKind.sink || pending.responseSink !== 0) return null
    requests.beginStreaming(pending, result.bodyId)
    const source = ops.responseSink(result.bodyId, pending, (how) => this.#endBody(pending, how))
    if (source === null) requests.endStreaming(pending)
    return source
  }

  /** Everything was written to the body of the response, or it is of no use any more. */
  #endBody(pending: Pending, how: SinkEnd): void {
    this.#taker.requests.endStreaming(pending)
    if (how === 'canceled') this.#noteReaderGone(pending)
  }

  #noteReaderGone(pending: Pending): void {
    const { requests, ops, onProgress } = this.#taker
    if (!requests.has(pending)) return
    const { event } = pending.invocation
    // Of an answer to `HEAD` nobody reads the body, though the client is there.
    ops.abort(pending, event.kind === 'http' && event.method === 'HEAD' ? '' : 'AbortError')
    onProgress()
  }
}
