import type { Invocation } from '../model/invocation.ts'
import { fixedLimits } from '../model/limits.ts'
import type { Outcome } from '../model/outcome.ts'
import type { VersionManifest } from '../model/version.ts'
import { progressIndex } from './abi.ts'
import type { BatchSize } from './batch-size.ts'
import { culpritsOf, type Entry } from './culprits.ts'
import { EntryFrames } from './entry-frames.ts'
import { GuestOps } from './guest-ops.ts'
import type { CondemnReason, InstanceContext } from './instance-context.ts'
import {
  exceededCpu,
  interrupted,
  noResponse,
  responseOutcome,
  resultOutcome,
  textOf,
} from './instance-outcomes.ts'
import { answerOp } from './op-calls.ts'
import { Pending } from './pending.ts'
import { PendingTable } from './pending-table.ts'
import type { PreparedIsolate } from './prepared-isolate.ts'
import { type GuestResult, readResults } from './result-frames.ts'

/** How long `waitUntil` may run on after the response. */
const waitUntilMs = 30_000
const heapSampleEveryMs = 100

/**
 * One isolate loaded with one version. Requests that are ready in one turn of the event loop enter it together.
 *
 * `resident` takes requests; `retiring` finishes those it has; `condemned` was ended and is disposed.
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
  readonly #pending = new PendingTable()
  /** Not begun yet, in order of arrival. */
  #queue: Pending[] = []
  #state: 'resident' | 'retiring' | 'condemned' = 'resident'
  #isReadyNoted = false
  #unsettled = 0
  #cpuMs = 0
  #heapSampledAtMs = 0
  #entryOwner: Pending | undefined

  /** Use `loadInstance`: the isolate must hold the version's module already. */
  constructor(
    prepared: PreparedIsolate,
    options: { manifest: VersionManifest; batchSize: BatchSize; context: InstanceContext },
  ) {
    this.manifest = options.manifest
    this.#prepared = prepared
    this.#batchSize = options.batchSize
    this.#context = options.context
    this.createdAtMs = this.lastUsedAtMs = options.context.nowMs()
    this.#ops = new GuestOps(
      {
        pending: (requestId) => this.#pending.get(requestId),
        entryOwner: () => this.#entryOwner,
        onCompletion: () => this.#noteReady(),
      },
      options.context,
      options.manifest.limits.memoryMiB,
    )
    prepared.answerOps((number, a, b, c, d) => answerOp(this.#ops, number, a, b, c, d))
  }

  get state(): 'resident' | 'retiring' | 'condemned' {
    return this.#state
  }

  /** Requests that wait for their outcome. */
  get inFlight(): number {
    return this.#unsettled
  }

  /** Nothing of any request runs in it, `waitUntil` included. */
  get isIdle(): boolean {
    return this.#pending.size === 0
  }

  /** What the module's evaluation took is nobody's request's. */
  startCharging(): void {
    this.#cpuMs = this.#prepared.cpuMs() ?? 0
  }

  /** Something runs in it that somebody wants: a request, or what one left to `waitUntil`. */
  get isWanted(): boolean {
    for (const pending of this.#pending.values()) if (!pending.isGivenUp) return true
    return false
  }

  /** Takes a request; it enters with the next batch. The instance must be `resident`. */
  begin(invocation: Invocation, isSecondRun: boolean): void {
    const pending = this.#pending.add((requestId) => new Pending(requestId, invocation, isSecondRun))
    this.#queue.push(pending)
    this.#unsettled++
    this.invocations++
    this.#noteReady()
  }

  /** The caller went away. False = this instance does not hold the invocation, or it has settled. */
  cancel(invocation: Invocation): boolean {
    for (const pending of this.#pending.values()) {
      if (pending.invocation !== invocation) continue
      if (pending.isSettled) return false
      this.#giveUp(pending, { kind: 'canceled', message: 'The client went away' }, 'AbortError')
      return true
    }
    return false
  }

  /** The point in time that was set for a pending request has come. */
  expire(pending: Pending): void {
    pending.expiresAtMs = null
    if (pending.isSettled) {
      this.#remove(pending)
      this.#context.onProgress(this)
      return
    }
    const { timeoutMs } = this.manifest.limits
    const message = `The handler did not answer within limits.timeoutMs, ${timeoutMs} ms`
    this.#giveUp(pending, { kind: 'exceeded_wall_time', message }, 'TimeoutError')
  }

  /** Takes no more requests; the pool disposes it when it is idle. */
  retire(): void {
    if (this.#state === 'resident') this.#state = 'retiring'
  }

  /** Frees the isolate. What is pending settles as `interrupted`. */
  dispose(): void {
    if (this.#state === 'condemned') return
    this.#end()
    for (const pending of this.#pending.values()) this.#settle(pending, interrupted)
    this.#pending.clear()
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
    const { prepared, meta, text } = { prepared: this.#prepared, meta: frames.meta, text: frames.text }
    frames.clear()
    this.#entryOwner = entry.participants.values().next().value
    this.#context.onEntering(this.manifest)
    const startedBefore = prepared.progress[progressIndex.startedCount]!
    let failure: unknown
    let collected: unknown
    const isInnocent = prepared.guarded(this.#wallBudgetMs, () => {
      try {
        prepared.enter.applySync(undefined, [meta, text])
      } catch (error) {
        // The call was made all the same: a rejection that nobody handled surfaces here.
        failure = error
      }
      if (prepared.isolate.isDisposed) return
      try {
        collected = prepared.collect.applySync()
      } catch (error) {
        failure ??= error
      }
    })
    if (!isInnocent || prepared.isolate.isDisposed) {
      this.#condemn(isInnocent ? 'exceeded_memory' : 'exceeded_cpu', entry, startedBefore)
      return
    }
    this.#charge(entry)
    if (failure !== undefined) this.#ops.log(0, 'error', `Unhandled rejection: ${textOf(failure)}`)
    try {
      readResults(collected ?? '', (result) => this.#take(result))
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
    return 2 * Math.min(this.manifest.limits.cpuMs, fixedLimits.maxSliceMs) + 20
  }

  #writeFrames(): Entry {
    const participants = new Set<Pending>()
    const starting: Pending[] = []
    this.#ops.writeCompletions(this.#frames, (owner) => {
      if (owner !== undefined) participants.add(owner)
      else for (const pending of this.#pending.values()) if (pending.hasBegun) participants.add(pending)
    })
    const nowMs = this.#context.nowMs()
    const most = this.#batchSize.requests
    let taken = 0
    for (; taken < this.#queue.length && starting.length < most; taken++) {
      const pending = this.#queue[taken]!
      if (pending.isSettled) continue
      const { event, id, deadlineMs } = pending.invocation
      const remainingMs = deadlineMs - nowMs
      if (remainingMs <= 0) {
        this.#settle(pending, {
          kind: 'overloaded',
          message: 'The deadline passed before the request could begin',
        })
        this.#remove(pending)
        continue
      }
      starting.push(pending)
      participants.add(pending)
      if (event.kind === 'http') {
        // Only Lambda's event holds the address; a `Request` has no place for it.
        const clientAddress = this.manifest.handlerKind === 'handler' ? event.clientAddress : ''
        this.#frames.httpRequest(pending.requestId, event, { invocationId: id, remainingMs, clientAddress })
      } else this.#frames.directEvent(pending.requestId, event, id, remainingMs)
    }
    if (taken === this.#queue.length) this.#queue = []
    else this.#queue.splice(0, taken)
    return { starting, participants }
  }

  /** What several shared in one entry is charged to them equally. */
  #charge(entry: Entry): void {
    const cpuMs = this.#prepared.cpuMs() ?? this.#cpuMs
    const spentMs = cpuMs - this.#cpuMs
    this.#cpuMs = cpuMs
    const { participants, starting } = entry
    if (participants.size === 0) return
    const shareMs = spentMs / participants.size
    for (const pending of participants) pending.invocation.usage.cpuMs += shareMs
    if (starting.length > 0) this.#batchSize.note(spentMs, starting.length)
  }

  #take(result: GuestResult): void {
    const pending = this.#pending.get(result.requestId)
    if (pending === undefined) return
    if (result.kind === 'done') {
      if (!pending.isSettled) this.#settle(pending, noResponse)
      this.#remove(pending)
      return
    }
    if (!pending.isSettled) this.#settle(pending, this.#outcomeOf(result, pending))
  }

  #outcomeOf(result: Exclude<GuestResult, { kind: 'done' }>, pending: Pending): Outcome {
    const { cpuMs } = this.manifest.limits
    const spentMs = pending.invocation.usage.cpuMs
    if (spentMs > cpuMs) return exceededCpu(spentMs, cpuMs)
    switch (result.kind) {
      case 'error':
        return { kind: 'exception', error: this.#context.mapError(this.manifest, result.error) }
      case 'result':
        if (pending.invocation.event.kind !== 'direct') return noResponse
        return resultOutcome(result.json)
      case 'response':
        if (pending.invocation.event.kind !== 'http') return noResponse
        return responseOutcome(result, pending)
    }
  }

  #afterEntry(entry: Entry): void {
    const limitMs = this.manifest.limits.cpuMs
    for (const pending of entry.starting) pending.hasBegun = true
    const isAwaited = this.#ops.isAwaited
    for (const pending of entry.participants) {
      if (!this.#pending.has(pending)) continue
      const spentMs = pending.invocation.usage.cpuMs
      if (spentMs > limitMs) {
        // Nothing can stop one request of an instance: its others finish, then it goes.
        this.#settle(pending, exceededCpu(spentMs, limitMs))
        pending.isGivenUp = true
        this.retire()
      }
      if (isAwaited) this.#expireAt(pending)
    }
    if (isAwaited) return
    for (const pending of this.#pending.values()) {
      if (!pending.hasBegun) continue
      this.#settle(pending, noResponse)
      this.#remove(pending)
    }
  }

  #expireAt(pending: Pending): void {
    if (pending.expiresAtMs !== null) return
    const { deadlineMs } = pending.invocation
    pending.expiresAtMs = pending.isSettled ? this.#context.nowMs() + waitUntilMs : deadlineMs
    pending.instance = this
    this.#context.deadlines.add(pending, pending.expiresAtMs)
  }

  #finishEntry(): void {
    const nowMs = this.#context.nowMs()
    this.lastUsedAtMs = nowMs
    if (nowMs - this.#heapSampledAtMs >= heapSampleEveryMs) {
      this.#heapSampledAtMs = nowMs
      this.heapMiB = this.#prepared.heapMiB()
    }
    if (this.#queue.length > 0 || this.#ops.hasCompletions) this.#noteReady()
    this.#context.onProgress(this)
  }

  /** Settles a request that is still in the guest, and tells the guest. */
  #giveUp(pending: Pending, outcome: Outcome, reason: string): void {
    this.#settle(pending, outcome)
    pending.isGivenUp = true
    if (pending.hasBegun) {
      this.#ops.abort(pending, reason)
      this.#expireAt(pending)
    } else {
      this.#remove(pending)
    }
    this.#context.onProgress(this)
  }

  #settle(pending: Pending, outcome: Outcome): void {
    if (pending.isSettled) return
    this.#unsettled--
    this.#unexpire(pending)
    const { usage } = pending.invocation
    usage.memoryMiB = Math.max(usage.memoryMiB, this.heapMiB)
    pending.settle(outcome)
  }

  #remove(pending: Pending): void {
    this.#unexpire(pending)
    this.#pending.delete(pending)
  }

  #unexpire(pending: Pending): void {
    if (pending.expiresAtMs === null) return
    this.#context.deadlines.remove(pending, pending.expiresAtMs)
    pending.expiresAtMs = null
  }

  #condemn(reason: CondemnReason, entry: Entry, startedBefore: number): void {
    const { progress } = this.#prepared
    const { culprits, begun } = culpritsOf(entry, {
      isStarting: progress[progressIndex.isStarting] === 1,
      // In 32 bits, as the guest counts.
      startedCount: (progress[progressIndex.startedCount]! - startedBefore) | 0,
    })
    this.#end()
    this.#batchSize.noteOverrun()
    const { cpuMs, memoryMiB } = this.manifest.limits
    const message = {
      exceeded_cpu: `The request was stopped over limits.cpuMs, ${cpuMs} ms`,
      exceeded_memory: `The instance was stopped over limits.memoryMiB, ${memoryMiB} MiB`,
      internal_error: 'The instance broke the boundary between guest and host',
    }[reason]
    const notBegun: Pending[] = []
    for (const pending of this.#pending.values()) {
      if (pending.isSettled) continue
      if (culprits.has(pending)) this.#settle(pending, { kind: reason, message })
      else if (pending.hasBegun || begun.has(pending) || pending.isSecondRun)
        this.#settle(pending, interrupted)
      else notBegun.push(pending)
    }
    this.#pending.clear()
    this.#context.onCondemned(this, reason, notBegun)
  }

  #end(): void {
    this.#state = 'condemned'
    this.#entryOwner = undefined
    this.#queue = []
    for (const pending of this.#pending.values()) this.#unexpire(pending)
    this.#ops.close()
    this.#prepared.dispose()
  }

  /** Between requests nothing runs: nobody could be charged for it. What is ready waits for the next one. */
  #noteReady(): void {
    if (this.#isReadyNoted || this.#state === 'condemned' || this.isIdle) return
    this.#isReadyNoted = true
    this.#context.onReady(this)
  }
}
