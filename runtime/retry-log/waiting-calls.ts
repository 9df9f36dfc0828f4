import type { Call, CallId, CallProgress } from '../model/call.ts'
import type { CallBlock } from './call-block.ts'
import { type CallFinder, type FoundWaiting, waitingCall } from './call-finder.ts'
import { progressWithCuts } from './claim-row.ts'
import { FunctionQueue } from './function-queue.ts'
import { type SegmentKey, segmentKeyOf } from './log-keys.ts'
import type { LogDatabases } from './log-tables.ts'
import { OpenSegment } from './open-segment.ts'

/** A call that nobody else can take until it is given back, or settled. */
export interface TakenCall {
  readonly segment: OpenSegment
  readonly index: number
  readonly call: Call
  readonly progress: CallProgress
}

/** Whether a call of so many bytes is taken, passed over, or the last that was looked at. */
export type MayTake = (id: CallId, bytes: number) => 'yes' | 'skip' | 'stop'

/** What waits, function by function: whatever the number of calls, only segments that were begun are in memory. */
export class WaitingCalls {
  readonly #tables: LogDatabases
  readonly #finder: CallFinder
  readonly #queues = new Map<string, FunctionQueue>()
  /** By nonce. */
  readonly #open = new Map<string, OpenSegment>()
  /** Only while calls of it wait and others of it run, so that nobody removes it. */
  #last: { readonly segment: OpenSegment; readonly block: CallBlock } | null = null

  constructor(tables: LogDatabases, finder: CallFinder) {
    this.#tables = tables
    this.#finder = finder
  }

  get queues(): Iterable<FunctionQueue> {
    return this.#queues.values()
  }

  queueOf(functionName: string): FunctionQueue {
    const queue = this.#queues.get(functionName) ?? new FunctionQueue(functionName)
    this.#queues.set(functionName, queue)
    return queue
  }

  note(functionName: string, dueAtMs: number): void {
    this.queueOf(functionName).rewind(dueAtMs)
  }

  /** Looks for what was appended and not told, and forgets functions of which nothing waits. */
  lookAgain(): void {
    const names = new Set(this.#finder.functionNames())
    for (const name of names) this.note(name, 0)
    const busy = new Set(Array.from(this.#open.values(), ({ key }) => key.functionName))
    for (const { functionName, isPaused } of [...this.#queues.values()]) {
      if (!isPaused && !names.has(functionName) && !busy.has(functionName)) this.#queues.delete(functionName)
    }
  }

  /** When the oldest that waits is due, or was; null = nothing waits. */
  nextDueMs(queue: FunctionQueue): number | null {
    if (queue.unopenedDueMs === undefined) queue.unopenedDueMs = this.#firstUnopened(queue)?.dueAtMs ?? null
    let dueMs = queue.unopenedDueMs ?? Number.POSITIVE_INFINITY
    for (const { key } of queue.begun) dueMs = Math.min(dueMs, key.dueAtMs)
    return dueMs === Number.POSITIVE_INFINITY ? null : dueMs
  }

  /**
   * Takes calls that are due, the oldest first, at most `max`.
   *
   * @param mayTake asked once for each call that is at hand, until it says no
   */
  take(queue: FunctionQueue, max: number, nowMs: number, mayTake: MayTake): TakenCall[] {
    const taken: TakenCall[] = []
    const passedOver = new Set<string>()
    for (;;) {
      const segment = taken.length < max ? this.#nextDue(queue, nowMs, passedOver) : null
      if (segment === null) return taken
      let isDone: boolean
      try {
        isDone = this.#takeFrom(segment, max, nowMs, mayTake, taken)
      } catch (error) {
        this.#update(segment)
        for (const one of taken) this.untake(one)
        throw error
      }
      this.#update(segment)
      if (isDone) return taken
      passedOver.add(segment.key.nonce)
    }
  }

  /** Takes one that was found waiting; null = it is taken, or has gone on. */
  takeFound(found: FoundWaiting, nowMs: number): TakenCall | null {
    const { key, index } = found
    const segment = this.#open.get(key.nonce) ?? this.#openSegment(key)
    if (!segment.isWaiting(index)) return null
    const read = takenCall(found, segment)
    segment.take(index, nowMs)
    this.#update(segment)
    return read
  }

  /** That it was taken was not written. */
  untake({ segment, index }: Pick<TakenCall, 'segment' | 'index'>): void {
    segment.untake(index)
    this.#update(segment)
  }

  giveBack({ segment, index }: Pick<TakenCall, 'segment' | 'index'>): void {
    segment.giveBack(index)
    this.#update(segment)
  }

  settle({ segment, index }: Pick<TakenCall, 'segment' | 'index'>): void {
    segment.settle(index)
    this.#update(segment)
  }

  /** True = it has seen the last of what it may take. */
  #takeFrom(segment: OpenSegment, max: number, nowMs: number, mayTake: MayTake, taken: TakenCall[]): boolean {
    const { key } = segment
    const block = this.#blockOf(segment)
    if (block === null) return false
    for (let index = 0; index < key.count; index++) {
      if (!segment.isWaiting(index)) continue
      if (taken.length === max) return true
      const answer = mayTake(block.idAt(index), block.bodyAt(index).byteLength)
      if (answer === 'stop') return true
      if (answer === 'skip') continue
      // Read first: what cannot be read stays where it is.
      const read = takenCall({ key, block, index }, segment)
      segment.take(index, nowMs)
      taken.push(read)
    }
    return false
  }

  /** Where few are taken at a time, most are of the segment that was read last: to read it for each costs more than all else. */
  #blockOf(segment: OpenSegment): CallBlock | null {
    if (this.#last?.segment === segment) return this.#last.block
    const block = this.#finder.block(segment.key)
    this.#last = block === null ? null : { segment, block }
    return block
  }

  #nextDue(queue: FunctionQueue, nowMs: number, passedOver: ReadonlySet<string>): OpenSegment | null {
    let oldest: OpenSegment | null = null
    for (const segment of queue.begun) {
      const { dueAtMs, nonce } = segment.key
      if (dueAtMs > nowMs || passedOver.has(nonce)) continue
      if (oldest === null || isBefore(segment.key, oldest.key)) oldest = segment
    }
    const key = this.#firstUnopened(queue)
    if (key === null || key.dueAtMs > nowMs || passedOver.has(key.nonce)) return oldest
    if (oldest !== null && isBefore(oldest.key, key)) return oldest
    queue.pass(key)
    return this.#openSegment(key)
  }

  #firstUnopened(queue: FunctionQueue): SegmentKey | null {
    if (queue.unopenedDueMs === null) return null
    for (const stored of this.#tables.segments.getKeys(queue.range)) {
      const key = segmentKeyOf(stored)
      if (!this.#open.has(key.nonce)) return key
      queue.pass(key)
    }
    queue.unopenedDueMs = null
    return null
  }

  #openSegment(key: SegmentKey): OpenSegment {
    // A segment that nobody began holds no stale calls: who takes one writes a row for it first.
    const claims = this.#finder.claimOf(key)
    const block = claims === null ? null : this.#finder.block(key)
    const segment = new OpenSegment(
      key,
      claims,
      (index) => block !== null && this.#finder.isStale(block.idAt(index), key),
    )
    this.#open.set(key.nonce, segment)
    // It may have been the first that was not open.
    this.queueOf(key.functionName).unopenedDueMs = undefined
    return segment
  }

  #update(segment: OpenSegment): void {
    const { key, taken, waiting } = segment
    const queue = this.queueOf(key.functionName)
    if ((taken === 0 || waiting === 0) && this.#last?.segment === segment) this.#last = null
    if (taken > 0 && waiting > 0) queue.begun.add(segment)
    else queue.begun.delete(segment)
    if (taken > 0) return
    this.#open.delete(key.nonce)
    if (waiting > 0) queue.rewind(key.dueAtMs)
  }
}

function takenCall(found: FoundWaiting, segment: OpenSegment): TakenCall {
  const { call, progress } = waitingCall(found)
  const { index } = found
  return { segment, index, call, progress: progressWithCuts(progress, segment.cutsOf(index)) }
}

function isBefore(a: SegmentKey, b: SegmentKey): boolean {
  return a.dueAtMs < b.dueAtMs || (a.dueAtMs === b.dueAtMs && a.nonce < b.nonce)
}
