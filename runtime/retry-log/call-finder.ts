import type { Call, CallId, CallProgress, CallState, CallStatus } from '../model/call.ts'
import { CallBlock } from './call-block.ts'
import { isCallId, tagOfCallId, timeOfCallId } from './call-id.ts'
import { unpackEnded, unpackWaiting } from './call-record.ts'
import { type ClaimRow, progressWithCuts } from './claim-row.ts'
import {
  type EndedKey,
  endedKeyOf,
  type SegmentKey,
  segmentKeyOf,
  segmentsEnd,
  segmentsFrom,
  storedEndedKey,
  storedSegmentKey,
} from './log-keys.ts'
import type { LogStore, StoredKey } from './log-tables.ts'

export interface FoundEnd {
  readonly key: EndedKey
  readonly block: CallBlock
  readonly index: number
}

export interface FoundWaiting {
  readonly key: SegmentKey
  readonly block: CallBlock
  readonly index: number
}

/**
 * Finds calls on disk. Where a call is: in `ended` if it is there, else where `places` says, else where its id says. A call
 * that is found in another segment than that is stale: it has gone on since.
 */
export class CallFinder {
  readonly #store: LogStore
  readonly #file: string
  /** Bytes of calls that were read, and so are mapped. */
  readBytes = 0

  /** @param file for messages */
  constructor(store: LogStore, file: string) {
    this.#store = store
    this.#file = file
  }

  /** As any process can tell it. Null = not known. */
  status(id: CallId): CallStatus | null {
    if (!isCallId(id)) return null
    this.refresh()
    const end = this.findEnded(id)
    if (end !== null) return endedStatus(end)
    const found = this.findWaiting(id)
    if (found === null) return null
    const waiting = this.waitingStatus(found)
    const isRunning = this.claimOf(found.key)?.running.some(([index]) => index === found.index)
    if (!isRunning) return waiting
    return { ...waiting, state: waiting.state === 'Stopping' ? 'Stopping' : 'Running', dueAtMs: null }
  }

  /** Of a call that nobody has. */
  waitingStatus(found: FoundWaiting): CallStatus {
    const { key, index } = found
    const claim = this.claimOf(key)
    const read = waitingCall(found)
    const progress = progressWithCuts(read.progress, new Map(claim?.cuts).get(index))
    const state = claim?.stopping.includes(index) ? 'Stopping' : waitingState(progress)
    return openStatus(read.call, progress, state, key.dueAtMs)
  }

  /** Calls that were told to end and have not, be they held by somebody or not. */
  *stoppingIds(): Generator<CallId> {
    for (const { key: stored, value } of this.#store.tables.claims.getRange({})) {
      const { stopping } = value as ClaimRow
      if (stopping.length === 0) continue
      const key = segmentKeyOf(stored)
      const block = this.block(key)
      if (block === null) continue
      for (const index of stopping) if (!this.isStale(block.idAt(index), key)) yield block.idAt(index)
    }
  }

  /** Sees what was committed since the last look of this turn of the event loop. */
  refresh(): void {
    this.#store.root.resetReadTxn()
  }

  findEnded(id: CallId): FoundEnd | null {
    for (const { key, block } of this.#endedBlocks(timeOfCallId(id), tagOfCallId(id))) {
      const index = block.indexOf(id)
      if (index >= 0) return { key: endedKeyOf(key), block, index }
    }
    return null
  }

  findWaiting(id: CallId): FoundWaiting | null {
    const place = this.#store.tables.places.get(id) as [string, number, string] | [] | undefined
    if (place === undefined) return this.#findById(id)
    const [functionName, dueAtMs, nonce] = place
    return functionName === undefined ? null : this.#findIn(functionName, dueAtMs!, id, nonce)
  }

  /** Whether the call has gone on from this segment: ended, or moved, or removed. */
  isStale(id: CallId, { nonce }: SegmentKey): boolean {
    const place = this.#store.tables.places.get(id) as string[] | undefined
    return (place !== undefined && place[2] !== nonce) || this.findEnded(id) !== null
  }

  /** Whether the segment that the call was enqueued in still holds it, be it stale. It was never in another with others. */
  isInFirstSegment(id: CallId): boolean {
    return this.#findById(id) !== null
  }

  hasSegment(key: SegmentKey): boolean {
    return this.#store.tables.segments.doesExist(storedSegmentKey(key))
  }

  claimOf(key: SegmentKey): ClaimRow | null {
    return (this.#store.tables.claims.get(storedSegmentKey(key)) as ClaimRow | undefined) ?? null
  }

  #findById(id: CallId): FoundWaiting | null {
    const tag = tagOfCallId(id)
    for (const functionName of this.functionNames(tag)) {
      const found = this.#findIn(functionName, timeOfCallId(id), id)
      if (found !== null) return found
    }
    return null
  }

  /** Segments of the function that are due at that time. */
  segmentsAt(functionName: string, dueAtMs: number): SegmentKey[] {
    const start = segmentsFrom(functionName, dueAtMs)
    const end = segmentsFrom(functionName, dueAtMs + 1)
    return Array.from(this.#store.tables.segments.getKeys({ start, end }), segmentKeyOf)
  }

  #findIn(functionName: string, dueAtMs: number, id: CallId, nonce?: string): FoundWaiting | null {
    for (const key of this.segmentsAt(functionName, dueAtMs)) {
      if (nonce !== undefined && key.nonce !== nonce) continue
      const block = this.block(key)
      const index = block?.indexOf(id) ?? -1
      if (index >= 0) return { key, block: block!, index }
    }
    return null
  }

  block(key: SegmentKey): CallBlock | null {
    const bytes = this.#store.tables.segments.get(storedSegmentKey(key)) as Buffer | undefined
    return bytes === undefined ? null : this.#blockOf(bytes)
  }

  endedBlock(key: EndedKey): CallBlock | null {
    const bytes = this.#store.tables.ended.get(storedEndedKey(key)) as Buffer | undefined
    return bytes === undefined ? null : this.#blockOf(bytes)
  }

  /** Functions that have segments: one look for each, however many calls wait. */
  *functionNames(tag: number | null = null): Generator<string> {
    const { segments } = this.#store.tables
    let start: StoredKey = tag === null ? [0] : [tag]
    for (;;) {
      const [stored] = segments.getKeys({ start, limit: 1 })
      if (stored === undefined || (tag !== null && (stored as StoredKey)[0] !== tag)) return
      const { functionName } = segmentKeyOf(stored)
      yield functionName
      start = segmentsEnd(functionName)
    }
  }

  #endedBlocks(enqueuedAtMs: number, tag: number): { key: StoredKey; block: CallBlock }[] {
    const range = { start: [enqueuedAtMs, tag], end: [enqueuedAtMs, tag + 1] }
    return Array.from(this.#store.tables.ended.getRange(range), ({ key, value }) => ({
      key,
      block: this.#blockOf(value as Buffer),
    }))
  }

  #blockOf(bytes: Buffer): CallBlock {
    this.readBytes += bytes.byteLength
    return new CallBlock(bytes, this.#file)
  }
}

export function waitingCall({ key, block, index }: FoundWaiting): { call: Call; progress: CallProgress } {
  const { functionName, version } = key
  return block.read(index, (body) => unpackWaiting(body, { id: block.idAt(index), functionName, version }))
}

export function endedStatus({ block, index }: Pick<FoundEnd, 'block' | 'index'>): CallStatus {
  const { call, end } = block.read(index, (body) => unpackEnded(body, block.idAt(index)))
  return { call, state: end.state, progress: end.progress, dueAtMs: null, end }
}

export function openStatus(
  call: Call,
  progress: CallProgress,
  state: CallState,
  dueAtMs: number | null,
): CallStatus {
  return { call, state, progress, dueAtMs, end: null }
}

function waitingState({ attempts }: CallProgress): CallState {
  return attempts > 0 ? 'Retrying' : 'Enqueued'
}
