import type { Invocation } from '../../model/invocation.ts'
import type { FailedOutcome, Outcome } from '../../model/outcome.ts'
import type { Hook } from '../abi.ts'
import type { OutboundQueue } from '../outbound/outbound-queue.ts'
import type { Instance } from './instance.ts'

const none: readonly number[] = []

/** An invocation inside an instance, from the entry it waits for until nothing more of it runs. */
export class Pending {
  readonly requestId: number
  readonly invocation: Invocation
  /** Run again after its instance was condemned before it began: if that happens once more it ends. */
  readonly isSecondRun: boolean
  /** It is no request but this hook of the instance. */
  hook: Hook | null = null
  hasBegun = false
  isSettled = false
  /** Settled without the guest (deadline, client gone): nobody waits for what it still does. */
  isGivenUp = false
  /** It was asked to end: if it has not when its time is up, its instance ends. */
  mustEnd = false
  /** How that failed which ran on after it had settled: what `waitUntil` was given. */
  lateFailure: FailedOutcome | null = null
  subrequests = 0
  /** Made for its first outbound request. */
  outbound: OutboundQueue | null = null
  /** The request's body until the guest takes it, if it came whole. */
  body: Uint8Array | null
  /** Sinks it has opened. */
  sinks = 0
  /** Id of the sink that the response's body is being written to; 0 = none, or it has ended. */
  responseSink = 0
  /** The response's bytes between `giveBytes` and the frame that announces them. */
  responseBytes: Uint8Array | null = null
  /** Ids of streams and sinks that end with it. */
  #streams: Set<number> | null = null
  /** Where `Deadlines` holds it, null if nowhere. */
  expiresAtMs: number | null = null
  /** Who is told when that time comes. */
  instance: Instance | null = null

  constructor(requestId: number, invocation: Invocation, isSecondRun: boolean) {
    this.requestId = requestId
    this.invocation = invocation
    this.isSecondRun = isSecondRun
    const body = invocation.event.kind === 'http' ? invocation.event.body : null
    this.body = body instanceof Uint8Array ? body : null
  }

  /** A stream or sink of that id ends with this request. */
  keep(streamId: number): void {
    this.#streams ??= new Set()
    this.#streams.add(streamId)
  }

  /** It has ended, or goes its own way. */
  letGo(streamId: number): void {
    this.#streams?.delete(streamId)
  }

  /** Those that are kept. */
  takeStreams(): readonly number[] {
    if (this.#streams === null) return none
    const ids = [...this.#streams]
    this.#streams = null
    return ids
  }

  /** The first outcome counts; later ones are passed over. */
  settle(outcome: Outcome): void {
    if (this.isSettled) return
    this.isSettled = true
    this.body = null
    this.responseBytes = null
    this.invocation.onSettled(outcome)
  }
}
