import type { Invocation, Target } from '../../model/invocation.ts'
import { fixedLimits } from '../../model/limits.ts'
import type { FailedOutcome, GuestError, Outcome } from '../../model/outcome.ts'
import type { VersionManifest } from '../../model/version.ts'
import { progressIndex } from '../abi.ts'
import type { LayerFiles } from '../layers/layer-files.ts'
import { opsFor } from '../layers/preload-layers.ts'
import type { GuestOps, OpOwner } from '../ops/guest-ops.ts'
import { answerOp } from '../ops/op-calls.ts'
import type { PreparedIsolate } from '../prepared-isolate.ts'
import type { BatchSize } from './batch-size.ts'
import { culpritsOf, type Entry } from './culprits.ts'
import { EntryCharges } from './entry-charges.ts'
import { EntryFrames } from './entry-frames.ts'
import { InstanceAnswers } from './instance-answers.ts'
import type { CondemnReason, EndReason, InstanceContext } from './instance-context.ts'
import {
  canceled,
  condemned,
  interrupted,
  neverSettles,
  noResponse,
  tookTooLong,
  waitedTooLong,
} from './instance-outcomes.ts'
import { InstanceRequests, waitUntilMs } from './instance-requests.ts'
import { type Hooks, Lifecycle } from './lifecycle.ts'
import type { Pending } from './pending.ts'
import { logRejections } from './rejection.ts'
import { readResults } from './result-frames.ts'
import { runSlice, type Slice } from './slice.ts'

const heapSampleEveryMs = 100
/** An attempt that is told to end has so long to. */
const stopMs = 5000

export type InstanceState = 'initialising' | 'resident' | 'retiring' | 'condemned'

/**
 * One isolate loaded with one version. Requests that are ready in one turn of the event loop enter it together.
 *
 * `initialising` until the module's `init` has ended, if there is one; `resident` takes requests; `retiring` finishes
 * those it has; `condemned` was ended and is disposed.
 */
export class Instance {
  readonly manifest: VersionManifest
  readonly createdAtMs: number
  lastUsedAtMs: number
  invocations = 0
  heapMiB = 0
  readonly #prepared: PreparedIsolate
  readonly #context: InstanceContext
  readonly #batchSize: BatchSize
  readonly #ops: GuestOps
  readonly #frames = new EntryFrames()
  readonly #requests: InstanceRequests
  readonly #answers: InstanceAnswers
  readonly #charges: EntryCharges
  #state: InstanceState = 'resident'
  /** Null for modules without hooks. */
  #lifecycle: Lifecycle | null = null
  #isReadyNoted = false
  #heapSampledAtMs = 0
  #entryOwner: Pending | undefined

  /** Use `loadInstance`: the isolate must hold the version's module already. */
  constructor(
    prepared: PreparedIsolate,
    options: {
      manifest: VersionManifest
      batchSize: BatchSize
      context: InstanceContext
      /** Null = the version has no layers. */
      layerFiles: LayerFiles | null
    },
  ) {
    this.manifest = options.manifest
    this.#prepared = prepared
    this.#batchSize = options.batchSize
    this.#charges = new EntryCharges(options.context.sliceMeter, options.batchSize)
    this.#context = options.context
    this.createdAtMs = this.lastUsedAtMs = options.context.nowMs()
    this.#requests = new InstanceRequests(this, options.context)
    const owner: OpOwner = {
      pending: (requestId) => this.#requests.get(requestId),
      entryOwner: () => this.#entryOwner,
      all: () => this.#requests.values(),
      onCompletion: () => this.#noteReady(),
      onUnownedLog() {},
    }
    this.#ops = opsFor(prepared, owner, options.context, options.manifest, options.layerFiles)
    this.#answers = new InstanceAnswers({
      manifest: options.manifest,
      mapError: options.context.mapError,
      ops: this.#ops,
      requests: this.#requests,
      onRanOn: options.context.onRanOn,
      onProgress: () => options.context.onProgress(this),
    })
    prepared.answerOps((number, a, b, c, d, e) => answerOp(this.#ops, number, a, b, c, d, e))
  }

  get state(): InstanceState {
    return this.#state
  }

  /** Requests that wait for their outcome, or write their response. */
  get inFlight(): number {
    return this.#requests.inFlight
  }

  /** Nothing of any request runs in it, `waitUntil` included. */
  get isIdle(): boolean {
    return this.#requests.isEmpty
  }

  /**
   * Its module is loaded; what that took is nobody's request's. With an `init` among its hooks it is `initialising` from
   * now on, until `onProgress` finds it `resident`, or `onInitFailed` is told.
   */
  start(hooks: Hooks, target: () => Target): void {
    if (hooks.size === 0) return
    const parts = { hooks, target, requests: this.#requests, ops: this.#ops, context: this.#context }
    this.#lifecycle = new Lifecycle(this, parts)
    if (this.#lifecycle.initialise()) this.#state = 'initialising'
  }

  /** Its `init` went well. */
  serve(): void {
    if (this.#state === 'initialising') this.#state = 'resident'
  }

  /**
   * Ends it gracefully: what still runs in it settles as `interrupted`, then the module's `shutdown` runs, then it is
   * disposed. `onEnded` is called once: within this call if there is no such hook to run, else after
   * `fixedLimits.maxShutdownMs` at the latest. Until then the caller must pass on what `onReady` says.
   */
  shutDown(onEnded: () => void): void {
    if (this.#state !== 'condemned' && this.#lifecycle?.canShutDown) {
      this.#state = 'retiring'
      this.#answers.interruptAll()
      this.#lifecycle.shutDown(onEnded)
    } else {
      this.dispose()
      onEnded()
    }
  }

  /** Brings `heapMiB` up to date: entries that follow each other closely do not. To be called once in a while. */
  measureHeap(): void {
    if (this.#state !== 'condemned' && this.#heapSampledAtMs < this.lastUsedAtMs)
      this.#sampleHeap(this.#context.nowMs())
  }

  /** Something runs in it that somebody wants: a request, or what one left to `waitUntil`. */
  get isWanted(): boolean {
    for (const pending of this.#requests.values())
      if (!pending.isGivenUp && pending.hook === null) return true
    return false
  }

  /** Takes a request; it enters with the next batch. The instance must be `resident`. */
  begin(invocation: Invocation, isSecondRun: boolean): void {
    this.#requests.add(invocation, isSecondRun)
    this.invocations++
    this.#noteReady()
  }

  /** The caller went away, or an attempt is to end: it has 5 s for that. False = it is not in this instance, or has settled. */
  cancel(invocation: Invocation): boolean {
    for (const pending of this.#requests.values()) {
      if (pending.invocation !== invocation) continue
      if (pending.isSettled) return false
      if (invocation.attempt === null || !pending.hasBegun) this.#giveUp(pending, canceled, 'AbortError')
      else if (!pending.mustEnd) {
        this.#ops.abort(pending, 'AbortError')
        this.#requests.endWithin(pending, stopMs)
      }
      return true
    }
    return false
  }

  /** The point in time that was set for a pending request has come. */
  expire(pending: Pending): void {
    pending.expiresAtMs = null
    if (pending.isSettled) {
      const mayRunOnMs = pending.hook === 'shutdown' ? fixedLimits.maxShutdownMs : waitUntilMs
      this.#answers.conclude(pending, waitedTooLong(mayRunOnMs))
      this.#answers.remove(pending)
      this.#lifecycle?.settle()
      this.#context.onProgress(this)
      return
    }
    if (pending.mustEnd) this.#endFor(pending)
    else this.#giveUp(pending, tookTooLong(pending.invocation), 'TimeoutError')
  }

  /** Takes no more requests; the pool disposes it when it is idle. */
  retire(): void {
    if (this.#state !== 'resident' && this.#state !== 'initialising') return
    this.#state = 'retiring'
    if (this.#entryOwner === undefined && this.#requests.isQueueEmpty && !this.#ops.isAwaited)
      this.#endHopeless()
  }

  /** Frees the isolate. What is pending settles as `interrupted`. */
  dispose(): void {
    if (this.#state === 'condemned') return
    this.#end(() => interrupted)
    this.#requests.settleRest(() => interrupted, [])
    this.#lifecycle?.settle()
  }

  /** One entry: what is ready, as many requests as the version's mean CPU allows. */
  runEntry(): void {
    this.#isReadyNoted = false
    if (this.#state === 'condemned' || this.isIdle) return
    const entry = this.#writeFrames()
    const frames = this.#frames
    if (frames.isEmpty) {
      this.#finishEntry()
      return
    }
    const prepared = this.#prepared
    this.#entryOwner = entry.participants.values().next().value
    this.#context.onEntering(this.manifest)
    const startedBefore = prepared.progress[progressIndex.startedCount]!
    this.#charges.begin()
    let slice: Slice | undefined
    const isInnocent = prepared.guarded(this.#wallBudgetMs, () => {
      slice = runSlice(prepared, frames)
    })
    if (!isInnocent || prepared.isolate.isDisposed) {
      this.#condemn(isInnocent ? 'exceeded_memory' : 'exceeded_cpu', entry, startedBefore)
      return
    }
    this.#charges.charge(entry)
    if (prepared.fault !== undefined) {
      this.#condemn('internal_error', entry, startedBefore)
      return
    }
    const { collected, rejections } = slice!
    const mapError = (error: GuestError) => this.#context.mapError(this.manifest, error)
    logRejections(rejections, mapError, (text) => this.#ops.log(0, 'error', text, 0))
    try {
      readResults(collected, (result) => this.#answers.take(result, entry.participants))
    } catch {
      this.#condemn('internal_error', entry, startedBefore)
      return
    }
    this.#entryOwner = undefined
    this.#afterEntry(entry)
    this.#finishEntry()
  }

  /** Twice the CPU limit and a little: the guardian sees wall time, and the thread may have been off its core. */
  get #wallBudgetMs(): number {
    const cpuMs = this.#lifecycle?.initCpuMs ?? this.manifest.limits.cpuMs
    return 2 * Math.min(cpuMs, fixedLimits.maxSliceMs) + 20
  }

  #writeFrames(): Entry & { readonly participants: Set<Pending> } {
    const participants = new Set<Pending>()
    const starting: Pending[] = []
    this.#ops.writeCompletions(this.#frames, (owner) => {
      if (owner !== undefined) participants.add(owner)
      else for (const pending of this.#requests.values()) if (pending.hasBegun) participants.add(pending)
    })
    this.#requests.takeQueued(this.#batchSize.requests, (pending, remainingMs) => {
      starting.push(pending)
      participants.add(pending)
      const { event, id, attempt } = pending.invocation
      if (attempt !== null) this.#frames.attempt(pending.requestId, attempt)
      if (event.kind === 'http') {
        // Only Lambda's event holds the address; a `Request` has no place for it.
        const clientAddress = this.manifest.handlerKind === 'handler' ? event.clientAddress : ''
        const body = this.#ops.openBody(pending)
        const rest = { invocationId: id, remainingMs, clientAddress, body }
        this.#frames.httpRequest(pending.requestId, event, rest)
      } else if (event.kind === 'direct') this.#frames.directEvent(pending.requestId, event, id, remainingMs)
      else this.#frames.scheduledEvent(pending.requestId, event, id, remainingMs)
    })
    return { starting, participants }
  }

  #afterEntry(entry: Entry): void {
    for (const pending of entry.starting) pending.hasBegun = true
    const isAwaited = this.#ops.isAwaited
    for (const pending of entry.participants) {
      if (!this.#requests.has(pending)) continue
      const overspent = this.#answers.overspent(pending)
      if (overspent !== null) {
        // Nothing can stop one request of an instance: its others finish, then it goes.
        this.#answers.conclude(pending, overspent)
        pending.isGivenUp = true
        this.retire()
      }
      if (isAwaited) this.#requests.expireInTime(pending)
      this.#ops.relieve(pending)
    }
    if (!isAwaited) this.#endHopeless()
  }

  /** Ends those that nothing can bring on any more. */
  #endHopeless(): void {
    for (const pending of this.#requests.values()) {
      // A response that is being written may be waiting for another request: `limits.streamIdleMs` bounds that.
      const isHopeless = pending.responseSink === 0 || this.#state !== 'resident'
      if (!pending.hasBegun || !isHopeless) continue
      const isAnswered = pending.isSettled && pending.responseSink === 0
      this.#answers.conclude(pending, isAnswered ? neverSettles : noResponse)
      this.#answers.remove(pending)
    }
  }

  #finishEntry(): void {
    const nowMs = this.#context.nowMs()
    this.lastUsedAtMs = nowMs
    if (nowMs - this.#heapSampledAtMs >= heapSampleEveryMs) this.#sampleHeap(nowMs)
    if (!this.#requests.isQueueEmpty || this.#ops.hasCompletions) this.#noteReady()
    this.#lifecycle?.settle()
    this.#context.onProgress(this)
  }

  #sampleHeap(nowMs: number): void {
    this.#heapSampledAtMs = nowMs
    this.heapMiB = this.#prepared.heapMiB()
  }

  /** Settles a request that is still in the guest, and tells the guest. */
  #giveUp(pending: Pending, outcome: Outcome, reason: string): void {
    this.#requests.settle(pending, outcome)
    pending.isGivenUp = true
    if (pending.hasBegun) {
      this.#ops.abort(pending, reason)
      this.#requests.expireInTime(pending)
    } else {
      this.#answers.remove(pending)
    }
    this.#lifecycle?.settle()
    this.#context.onProgress(this)
  }

  #condemn(reason: CondemnReason, entry: Entry, startedBefore: number): void {
    const { progress } = this.#prepared
    const { culprits, begun } = culpritsOf(entry, {
      isStarting: progress[progressIndex.isStarting] === 1,
      // In 32 bits, as the guest counts.
      startedCount: (progress[progressIndex.startedCount]! - startedBefore) | 0,
    })
    if (reason !== 'internal_error') this.#charges.chargeStopped(culprits)
    const failure = condemned(reason, this.manifest.limits)
    const failureOf = (pending: Pending): FailedOutcome => (culprits.has(pending) ? failure : interrupted)
    this.#batchSize.noteOverrun()
    this.#endByForce(reason, failureOf, (pending) => !begun.has(pending) && !culprits.has(pending))
  }

  /** It was asked to end, and has not. */
  #endFor(culprit: Pending): void {
    const failureOf = (pending: Pending) => (pending === culprit ? canceled : interrupted)
    this.#endByForce('stopped', failureOf, () => true)
  }

  #endByForce(
    reason: EndReason,
    failureOf: (pending: Pending) => FailedOutcome,
    mayRunAgain: (pending: Pending) => boolean,
  ): void {
    const notBegun = this.#requests.notBegun().filter(mayRunAgain)
    for (const pending of notBegun) this.#ops.handBack(pending)
    this.#end(failureOf)
    this.#requests.settleRest(failureOf, notBegun)
    this.#lifecycle?.settle()
    this.#context.onCondemned(this, reason, { notBegun, cause: this.#prepared.fault })
  }

  /** `failureOf` says what became of those whose response is being written. */
  #end(failureOf: (pending: Pending) => FailedOutcome): void {
    this.#state = 'condemned'
    this.#entryOwner = undefined
    for (const pending of this.#requests.values()) {
      if (!pending.isSettled || pending.responseSink !== 0) continue
      this.#answers.conclude(pending, failureOf(pending))
      this.#answers.tellRest(pending)
    }
    this.#requests.close()
    this.#ops.close(failureOf)
    this.#prepared.dispose()
  }

  /** Between requests nothing runs: nobody could be charged for it. What is ready waits for the next one. */
  #noteReady(): void {
    if (this.#isReadyNoted || this.#state === 'condemned' || this.isIdle) return
    this.#isReadyNoted = true
    this.#context.onReady(this)
  }
}
