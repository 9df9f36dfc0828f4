import {
  type Call,
  type CallEnd,
  type CallId,
  type CallProgress,
  type CallStatus,
  noProgress,
} from '../model/call.ts'
import { IsoletteError } from '../model/errors.ts'
import type { CallClaims, ClaimWish } from './call-claims.ts'
import type { CallCounts } from './call-counts.ts'
import { type CallFinder, endedStatus, type FoundEnd, openStatus } from './call-finder.ts'
import { isCallId } from './call-id.ts'
import { CallListing } from './call-listing.ts'
import { type CallChange, unknownCall, wrongState } from './call-refusal.ts'
import { EndedSweep, type Swept } from './ended-sweep.ts'
import { functionDepths } from './function-depths.ts'
import { claimedOf } from './leases.ts'
import type { LogBatch } from './log-batch.ts'
import type { LogClock } from './log-clock.ts'
import type { LogCommits } from './log-commits.ts'
import { callerKey } from './log-keys.ts'
import type { LogStore, StoredKey } from './log-tables.ts'
import type { LogOperation } from './log-write.ts'
import type {
  Appended,
  CallFilter,
  CallPage,
  Claimed,
  Lease,
  NewCall,
  RetryLog,
  RetryLogStats,
  TriggerMark,
} from './retry-log.ts'
import { packCall } from './segment-packer.ts'
import { putMark, readMarks, removeMark } from './trigger-mark.ts'
import type { WaitingCalls } from './waiting-calls.ts'

/** The log in an LMDB file. */
export interface EmbeddedRetryLog extends RetryLog {
  /** For `openCallAppender` in other processes, so that their log time is this one's. */
  readonly clockOffsetMs: number
  /** A process that appends has died: what it did not tell any more is looked for, and what it read is released. */
  workerDied(): Promise<void>
}

/** What `openRetryLog` puts together. */
export interface EmbeddedParts {
  readonly store: LogStore
  readonly clock: LogClock
  readonly finder: CallFinder
  readonly counts: CallCounts
  readonly waiting: WaitingCalls
  readonly claims: CallClaims
  readonly commits: LogCommits
  readonly listeners: Set<() => void>
  readonly isAlive: (pid: number) => boolean
}

export class LmdbRetryLog implements EmbeddedRetryLog {
  readonly #parts: EmbeddedParts
  readonly #listing: CallListing
  readonly #sweep: EndedSweep
  #isClosed = false

  constructor(parts: EmbeddedParts) {
    this.#parts = parts
    const { tables } = parts.store
    this.#sweep = new EndedSweep(tables, parts.finder)
    this.#listing = new CallListing(tables, parts.finder, {
      nowMs: () => this.nowMs(),
      ids: () => [
        ...new Set([
          ...Array.from(parts.claims.leases, ({ call }) => call.id),
          ...parts.finder.stoppingIds(),
        ]),
      ],
      openStatus: (id) => this.#openStatus(id),
    })
  }

  get clockOffsetMs(): number {
    return this.#parts.clock.offsetMs
  }

  nowMs(): number {
    return this.#parts.clock.nowMs()
  }

  append(call: NewCall, mark?: TriggerMark): Promise<Appended> {
    const packed = packCall(call)
    const { promise, resolve } = Promise.withResolvers<Appended>()
    const beside = mark === undefined ? [] : [putMark(mark)]
    return this.#change((batch) => batch.append({ call: packed, beside, whenDone: resolve })).then(
      () => promise,
    )
  }

  async get(id: CallId): Promise<CallStatus | null> {
    this.#checkOpen()
    if (!isCallId(id)) return null
    this.#parts.finder.refresh()
    const found = this.#parts.finder.findEnded(id)
    return found === null ? this.#openStatus(id) : endedStatus(found)
  }

  async claim(
    limit: number,
    leaseMs: ClaimWish['leaseMs'],
    isWanted: ClaimWish['isWanted'],
  ): Promise<readonly Claimed[]> {
    const held = await this.#change((batch) => this.#parts.claims.claim(batch, { limit, leaseMs, isWanted }))
    return held.map(claimedOf)
  }

  nextDueMs(isWanted: (functionName: string) => boolean): number | null {
    const { waiting, finder, claims } = this.#parts
    finder.refresh()
    claims.freeEnded(this.nowMs())
    let nextMs: number | null = null
    for (const queue of waiting.queues) {
      if (queue.isPaused) continue
      const dueMs = waiting.nextDueMs(queue)
      if (dueMs === null || (nextMs !== null && nextMs <= dueMs) || !isWanted(queue.functionName)) continue
      nextMs = dueMs
    }
    return nextMs
  }

  onAppended(listener: () => void): () => void {
    this.#parts.listeners.add(listener)
    return () => this.#parts.listeners.delete(listener)
  }

  noteAppended(functionName: string, _count: number, dueAtMs: number): void {
    this.#parts.counts.noteAppended(functionName)
    this.#parts.waiting.note(functionName, dueAtMs)
    this.#notify()
  }

  noteFailure(failure: string): void {
    this.#parts.commits.noteFailure(failure)
  }

  async extend(lease: Lease, leaseMs: number): Promise<boolean> {
    this.#checkOpen()
    const { leases } = this.#parts.claims
    const held = leases.find(lease, this.nowMs())
    if (held !== null) leases.extend(held, this.nowMs() + leaseMs)
    return held !== null
  }

  complete(lease: Lease, end: CallEnd, keepMs: number, follow: readonly NewCall[]): Promise<boolean> {
    const packed = follow.map(packCall)
    return this.#change((batch) => {
      const held = this.#parts.claims.use(batch, lease)
      if (held === null) return false
      batch.end(held, held.call, end, keepMs)
      for (const call of packed) batch.append({ call, beside: [], whenDone: () => {} })
      return true
    })
  }

  deadLetter(lease: Lease, end: CallEnd, keepMs: number, follow: readonly NewCall[]): Promise<boolean> {
    return this.complete(lease, end, keepMs, follow)
  }

  reschedule(lease: Lease, dueAtMs: number, progress: CallProgress): Promise<boolean> {
    return this.#change((batch) => {
      const held = this.#parts.claims.use(batch, lease)
      if (held !== null) batch.move(held, held.call, progress, dueAtMs)
      return held !== null
    })
  }

  stop(id: CallId, keepMs: number, follow: readonly NewCall[]): Promise<'stopped' | 'stopping'> {
    const packed = follow.map(packCall)
    return this.#change((batch) => {
      const { claims, finder, waiting } = this.#parts
      claims.freeEnded(batch.nowMs)
      const held = claims.leases.get(id)
      if (held !== null) {
        if (held.isSettling) throw wrongState('stop', id, 'about to end, or to wait')
        const { segment, index } = held
        if (!segment.isStopping(index)) batch.whenFailed(() => segment.unstop(index))
        segment.stop(index)
        batch.touch(segment)
        return 'stopping'
      }
      const found = isCallId(id) && finder.findEnded(id) === null ? finder.findWaiting(id) : null
      const taken = found && waiting.takeFound(found, batch.nowMs)
      if (taken === null) throw this.#notSo('stop', id)
      batch.whenDone(() => waiting.settle(taken))
      batch.whenFailed(() => waiting.untake(taken))
      const { call, progress } = taken
      const end = { state: 'Stopped', reason: null, endedAtMs: batch.nowMs, progress, result: null } as const
      batch.touch(taken.segment)
      batch.end(taken, call, end, keepMs)
      for (const one of packed) batch.append({ call: one, beside: [], whenDone: () => {} })
      return 'stopped'
    })
  }

  redrive(id: CallId, version: Call['version']): Promise<void> {
    return this.#change((batch) => {
      const found = this.#ended(batch, 'redrive', id)
      const { call, end } = endedStatus(found)
      if (end === null || end.state === 'Succeeded') throw wrongState('redrive', id, 'Succeeded')
      const progress = { ...noProgress, history: end.progress.history }
      batch.enqueueAgain(found, { ...call, version, ageFromMs: batch.nowMs }, progress)
    })
  }

  remove(id: CallId): Promise<void> {
    return this.#change((batch) => batch.forget(this.#ended(batch, 'remove', id)))
  }

  async sweep(): Promise<number> {
    this.#lookAgain()
    let calls = 0
    let start: StoredKey | null = [0]
    while (start !== null) {
      const from: StoredKey = start
      const swept: Swept = await this.#change((batch) => this.#sweep.sweep(batch, from))
      calls += swept.calls
      start = swept.next
    }
    return calls
  }

  async list(filter: CallFilter, cursor: string | null, limit: number): Promise<CallPage> {
    this.#checkOpen()
    this.#parts.finder.refresh()
    return this.#listing.page(filter, cursor, limit)
  }

  stats(): RetryLogStats {
    const { counts, claims, commits, finder } = this.#parts
    finder.refresh()
    const nowMs = this.nowMs()
    claims.freeEnded(nowMs)
    const depth = functionDepths(this.#parts, nowMs)
    return { depth, deadLetters: counts.deadLetters(), failure: commits.failure }
  }

  async pause(functionName: string): Promise<void> {
    await this.#write({ kind: 'put', table: 'paused', key: functionName, value: this.nowMs() })
    this.#parts.waiting.queueOf(functionName).isPaused = true
  }

  async resume(functionName: string): Promise<void> {
    await this.#write({ kind: 'remove', table: 'paused', key: functionName })
    this.#parts.waiting.queueOf(functionName).isPaused = false
    this.#notify()
  }

  setTriggerMark(mark: TriggerMark): Promise<void> {
    return this.#write(putMark(mark))
  }

  removeTriggerMark(mark: Pick<TriggerMark, 'functionName' | 'key'>): Promise<void> {
    return this.#write(removeMark(mark))
  }

  async listTriggerMarks(): Promise<readonly TriggerMark[]> {
    this.#checkOpen()
    this.#parts.finder.refresh()
    return readMarks(this.#parts.store.tables)
  }

  async holds(functionName: string, version: Call['version'] | null): Promise<number> {
    this.#checkOpen()
    this.#parts.finder.refresh()
    this.#parts.counts.noteAppended(functionName)
    return this.#parts.counts.open(functionName, version)
  }

  async isOpen(functionName: string, callerId: string): Promise<boolean> {
    this.#checkOpen()
    const { finder, store } = this.#parts
    finder.refresh()
    const id = store.tables['caller-ids'].get(callerKey(functionName, callerId)) as CallId | undefined
    return id !== undefined && finder.findEnded(id) === null
  }

  async workerDied(): Promise<void> {
    const { store, counts, isAlive } = this.#parts
    store.root.readerCheck()
    this.#lookAgain()
    this.#notify()
    await this.#change((batch) => batch.operation(...counts.adopt(batch.counts, isAlive)))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    const closed = this.#parts.commits.close()
    this.#isClosed = true
    await closed
    await this.#parts.store.root.close()
  }

  #lookAgain(): void {
    const { finder, waiting, counts } = this.#parts
    finder.refresh()
    waiting.lookAgain()
    for (const { functionName } of waiting.queues) counts.noteAppended(functionName)
  }

  /** Of a call that has not ended. */
  #openStatus(id: CallId): CallStatus | null {
    const { claims, finder } = this.#parts
    claims.freeEnded(this.nowMs())
    const held = claims.leases.get(id)
    if (held !== null) {
      const isStopping = held.segment.isStopping(held.index)
      return openStatus(held.call, held.progress, isStopping ? 'Stopping' : 'Running', null)
    }
    if (finder.findEnded(id) !== null) return null
    const found = finder.findWaiting(id)
    return found && finder.waitingStatus(found)
  }

  /** @throws IsoletteError `invocation_not_found`, `invocation_state` */
  #ended(batch: LogBatch, what: CallChange, id: CallId): FoundEnd {
    const found = isCallId(id) ? this.#parts.finder.findEnded(id) : null
    if (found === null || batch.isLeaving(id, found)) throw this.#notSo(what, id)
    return found
  }

  /** Of a call that is not where it has to be for `what`. */
  #notSo(what: CallChange, id: CallId): IsoletteError {
    const { finder } = this.#parts
    const end = isCallId(id) ? finder.findEnded(id) : null
    const state = end === null ? this.#openState(id) : endedStatus(end).state
    if (state !== null) return wrongState(what, id, state)
    return unknownCall(what, id)
  }

  #openState(id: CallId): string | null {
    return isCallId(id) ? (this.#openStatus(id)?.state ?? null) : null
  }

  async #write(operation: LogOperation): Promise<void> {
    await this.#change((batch) => batch.operation(operation))
  }

  async #change<T>(apply: (batch: LogBatch) => T): Promise<T> {
    this.#checkOpen()
    return this.#parts.commits.change(apply)
  }

  #checkOpen(): void {
    if (this.#isClosed)
      throw new IsoletteError('retry_log_unavailable', 'Cannot use the retry log: it is closed')
  }

  #notify(): void {
    for (const listener of this.#parts.listeners) listener()
  }
}
