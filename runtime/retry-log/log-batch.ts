import type { Call, CallEnd, CallId, CallProgress } from '../model/call.ts'
import { CallCounts } from './call-counts.ts'
import { type CallFinder, endedStatus, type FoundEnd } from './call-finder.ts'
import { packWaiting } from './call-record.ts'
import { CountChanges } from './count-changes.ts'
import { EndedLeavers, EndedRows } from './ended-rows.ts'
import {
  callerKey,
  type EndedKey,
  type Nonces,
  type SegmentKey,
  storedEndedKey,
  storedSegmentKey,
} from './log-keys.ts'
import type { LogOperation, LogWrite } from './log-write.ts'
import type { OpenSegment } from './open-segment.ts'
import type { Appended } from './retry-log.ts'
import { type PackedCall, packSegments, placeOperation, segmentOperation } from './segment-packer.ts'
import type { TakenCall } from './waiting-calls.ts'

export interface BatchAppend {
  readonly call: PackedCall
  /** Written only with it. */
  readonly beside: readonly LogOperation[]
  readonly whenDone: (appended: Appended) => void
}

/** Changes of the log that become one commit. */
export class LogBatch {
  readonly nowMs: number
  readonly counts = new CountChanges()
  readonly #finder: CallFinder
  readonly #nonces: Nonces
  readonly #ended: EndedRows
  readonly #leavers = new EndedLeavers()
  readonly #swept = new Set<string>()
  readonly #operations: LogOperation[] = []
  readonly #appends: BatchAppend[] = []
  readonly #segments: SegmentKey[] = []
  /** How many calls of a segment are settled by this commit. */
  readonly #settled = new Map<OpenSegment, number>()
  readonly #touched = new Set<OpenSegment>()
  readonly #whenDone: (() => void)[] = []
  readonly #whenFailed: (() => void)[] = []

  constructor(nowMs: number, finder: CallFinder, nonces: Nonces) {
    this.nowMs = nowMs
    this.#finder = finder
    this.#nonces = nonces
    this.#ended = new EndedRows(nonces)
  }

  whenDone(act: () => void): void {
    this.#whenDone.push(act)
  }

  whenFailed(act: () => void): void {
    this.#whenFailed.push(act)
  }

  operation(...operations: readonly LogOperation[]): void {
    this.#operations.push(...operations)
  }

  append(append: BatchAppend): void {
    this.#appends.push(append)
  }

  /** That calls of the segment run is written, or that they were and one of them is gone. */
  touch(segment: OpenSegment): void {
    this.#touched.add(segment)
  }

  end(taken: Pick<TakenCall, 'segment' | 'index'>, call: Call, end: CallEnd, keepMs: number): void {
    this.#ended.add(call, end, this.nowMs + keepMs)
    this.counts.add(call.functionName, call.version, -1)
    if (end.reason !== null) CallCounts.addDeadLetter(this.counts, end.reason, 1)
    this.#settle(taken.segment)
    // One that stands alone may have been moved.
    if (taken.segment.key.count === 1) this.operation({ kind: 'remove', table: 'places', key: call.id })
  }

  move({ segment }: Pick<TakenCall, 'segment'>, call: Call, progress: CallProgress, dueAtMs: number): void {
    this.#enqueue(call, progress, dueAtMs)
    this.#settle(segment)
  }

  /** @param call as it is from now on */
  enqueueAgain(found: FoundEnd, call: Call, progress: CallProgress): void {
    this.#leave(found, call.id)
    this.#enqueue(call, progress, this.nowMs)
    this.counts.add(call.functionName, call.version, 1)
  }

  forget(found: FoundEnd): void {
    const { call } = endedStatus(found)
    this.#leave(found, call.id)
    if (call.callerId !== null) {
      this.operation({
        kind: 'remove',
        table: 'caller-ids',
        key: callerKey(call.functionName, call.callerId),
      })
    }
    if (!this.#finder.isInFirstSegment(call.id)) return
    // Without its end, nothing else would say that it is not in the segment any more.
    this.operation({ kind: 'put', table: 'places', key: call.id, value: [] })
    this.#ended.expiryAt(this.nowMs).removed.push(call.id)
  }

  /** Whether this commit takes the call from those that have ended. */
  isLeaving(id: CallId, { key }: FoundEnd): boolean {
    return this.#leavers.has(id) || this.#swept.has(key.nonce)
  }

  /** False = a call leaves the block by this commit. */
  canSweep(key: EndedKey): boolean {
    return !this.#leavers.hasOf(key)
  }

  /** Removes all calls of a block. */
  sweepBlock(key: EndedKey): void {
    this.#swept.add(key.nonce)
    this.operation({ kind: 'remove', table: 'ended', key: storedEndedKey(key) })
  }

  /** What is to be written. Again, if another process has meanwhile given a name that is to be given here. */
  build(findNamesake: (functionName: string, callerId: string) => CallId | null): BuiltBatch {
    const names = new Map<string, number>()
    const told: { whenDone: BatchAppend['whenDone']; appended: Appended | number }[] = []
    const fresh: BatchAppend[] = []
    for (const append of this.#appends) {
      const { functionName, callerId } = append.call
      const name = `${functionName}:${callerId}`
      const id = callerId === null ? null : findNamesake(functionName, callerId)
      const earlier = callerId === null ? undefined : names.get(name)
      const { whenDone } = append
      if (id !== null) told.push({ whenDone, appended: { kind: 'duplicate', id } })
      else if (earlier !== undefined) told.push({ whenDone, appended: earlier })
      else {
        if (callerId !== null) names.set(name, fresh.length)
        fresh.push(append)
      }
    }
    const packed = packSegments(
      fresh.map(({ call }) => call),
      this.nowMs,
      this.#nonces,
    )
    const operations = [
      ...this.#operations,
      ...this.#segmentOperations(),
      ...this.#leavers.operations(),
      ...this.#ended.operations(),
      ...fresh.flatMap(({ beside }) => beside),
      ...packed.operations,
    ]
    const settle = () => {
      for (const [index, { whenDone }] of fresh.entries()) {
        whenDone({ kind: 'appended', id: packed.ids[index]!, enqueuedAtMs: this.nowMs })
      }
      for (const { whenDone, appended } of told) {
        whenDone(typeof appended === 'number' ? { kind: 'duplicate', id: packed.ids[appended]! } : appended)
      }
    }
    return {
      write: { ifAbsent: packed.ifAbsent, operations },
      appended: packed.counts,
      segments: [...this.#segments, ...packed.segments],
      settle,
    }
  }

  done(): void {
    for (const act of this.#whenDone) act()
  }

  failed(): void {
    for (const act of this.#whenFailed) act()
  }

  #enqueue(call: Call, progress: CallProgress, dueAtMs: number): void {
    const { functionName, version } = call
    const key = { functionName, dueAtMs, nonce: this.#nonces.next(), version, count: 1 }
    const operation = segmentOperation(key, [{ id: call.id, body: packWaiting(call, progress) }])
    this.operation(operation, placeOperation(call.id, key))
    this.#segments.push(key)
  }

  #leave(found: FoundEnd, id: CallId): void {
    const { end } = endedStatus(found)
    this.#leavers.add(id, found)
    if (end === null || end.reason === null) return
    CallCounts.addDeadLetter(this.counts, end.reason, -1)
    this.operation({ kind: 'remove', table: 'dead-letters', key: id })
  }

  #settle(segment: OpenSegment): void {
    this.#settled.set(segment, (this.#settled.get(segment) ?? 0) + 1)
  }

  #segmentOperations(): LogOperation[] {
    const operations: LogOperation[] = []
    for (const [segment, settled] of this.#settled) {
      if (segment.waiting > 0 || segment.taken > settled) continue
      const key = storedSegmentKey(segment.key)
      operations.push({ kind: 'remove', table: 'segments', key }, { kind: 'remove', table: 'claims', key })
      this.#touched.delete(segment)
    }
    for (const segment of this.#touched) {
      operations.push({
        kind: 'put',
        table: 'claims',
        key: storedSegmentKey(segment.key),
        value: segment.claims,
      })
    }
    return operations
  }
}

export interface BuiltBatch {
  readonly write: LogWrite
  /** Of calls that are appended, beside `LogBatch.counts`. */
  readonly appended: CountChanges
  readonly segments: readonly SegmentKey[]
  /** Tells those who append what became of it. */
  readonly settle: () => void
}
