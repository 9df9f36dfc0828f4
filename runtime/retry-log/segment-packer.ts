import { randomBytes } from 'node:crypto'
import type { CallId } from '../model/call.ts'
import type { VersionLabel } from '../model/version.ts'
import { type BlockEntry, packBlock } from './call-block.ts'
import { callIdRandomBytes, callTag, mintCallId } from './call-id.ts'
import { packNew } from './call-record.ts'
import { CountChanges } from './count-changes.ts'
import { callerKey, type Nonces, type SegmentKey, storedSegmentKey } from './log-keys.ts'
import type { LogOperation, LogWrite } from './log-write.ts'
import type { NewCall } from './retry-log.ts'

const maxSegmentCalls = 64
const maxSegmentBytes = 1024 * 1024

/** A call that is to be appended, packed as soon as it is known so that nobody changes it while it waits. */
export interface PackedCall {
  readonly functionName: string
  readonly version: VersionLabel
  readonly callerId: string | null
  readonly delayMs: number
  readonly body: Uint8Array
}

export function packCall(call: NewCall): PackedCall {
  const { functionName, version, callerId, delayMs } = call
  return { functionName, version, callerId, delayMs, body: packNew(call) }
}

/** What appends calls, and what of it the one who appends has to know. */
export interface PackedSegments extends LogWrite {
  /** In the order of the calls. */
  readonly ids: readonly CallId[]
  readonly segments: readonly SegmentKey[]
  readonly counts: CountChanges
}

/**
 * Makes segments of calls that are enqueued together: calls of a function and version, due at once, as one value. One that
 * is delayed stands alone, and `places` says where, for its id does not.
 */
export function packSegments(calls: readonly PackedCall[], nowMs: number, nonces: Nonces): PackedSegments {
  const packing = new Packing(nowMs, nonces)
  const random = randomBytes(calls.length * callIdRandomBytes)
  const ids = calls.map((call, index) => {
    const own = random.subarray(index * callIdRandomBytes)
    const id = mintCallId(nowMs, packing.tagOf(call.functionName), own)
    packing.add(call, id)
    return id
  })
  packing.closeAll()
  return { ids, ...packing }
}

interface Gathering {
  readonly functionName: string
  readonly version: VersionLabel
  readonly entries: BlockEntry[]
  bytes: number
}

class Packing implements Omit<PackedSegments, 'ids'> {
  readonly operations: LogOperation[] = []
  readonly ifAbsent: LogWrite['ifAbsent'][number][] = []
  readonly segments: SegmentKey[] = []
  readonly counts = new CountChanges()
  readonly #nowMs: number
  readonly #nonces: Nonces
  readonly #tags = new Map<string, number>()
  readonly #gathered = new Map<string, Gathering>()

  constructor(nowMs: number, nonces: Nonces) {
    this.#nowMs = nowMs
    this.#nonces = nonces
  }

  tagOf(functionName: string): number {
    const tag = this.#tags.get(functionName) ?? callTag(functionName)
    this.#tags.set(functionName, tag)
    return tag
  }

  add(call: PackedCall, id: CallId): void {
    const { functionName, version, callerId, delayMs, body } = call
    this.counts.add(functionName, version, 1)
    if (callerId !== null) {
      const key = callerKey(functionName, callerId)
      this.ifAbsent.push({ table: 'caller-ids', key })
      this.operations.push({ kind: 'put', table: 'caller-ids', key, value: id })
    }
    if (delayMs > 0) {
      this.#addDelayed(call, id)
      return
    }
    const group = `${functionName}:${version}`
    let gathering = this.#gathered.get(group)
    if (
      gathering &&
      (gathering.entries.length === maxSegmentCalls || gathering.bytes + body.byteLength > maxSegmentBytes)
    ) {
      this.#close(gathering)
      gathering = undefined
    }
    if (gathering === undefined) {
      gathering = { functionName, version, entries: [], bytes: 0 }
      this.#gathered.set(group, gathering)
    }
    gathering.entries.push({ id, body })
    gathering.bytes += body.byteLength
  }

  closeAll(): void {
    for (const gathering of this.#gathered.values()) this.#close(gathering)
  }

  #addDelayed({ functionName, version, delayMs, body }: PackedCall, id: CallId): void {
    const key = this.#put(functionName, version, this.#nowMs + delayMs, [{ id, body }])
    this.operations.push(placeOperation(id, key))
  }

  #close({ functionName, version, entries }: Gathering): void {
    this.#put(functionName, version, this.#nowMs, entries)
  }

  #put(
    functionName: string,
    version: VersionLabel,
    dueAtMs: number,
    entries: readonly BlockEntry[],
  ): SegmentKey {
    const key = { functionName, dueAtMs, nonce: this.#nonces.next(), version, count: entries.length }
    this.segments.push(key)
    this.operations.push(segmentOperation(key, entries))
    return key
  }
}

export function segmentOperation(key: SegmentKey, entries: readonly BlockEntry[]): LogOperation {
  return { kind: 'put', table: 'segments', key: storedSegmentKey(key), value: packBlock(entries) }
}

/** Says of a call that it lies in this segment and nowhere else. */
export function placeOperation(id: CallId, { functionName, dueAtMs, nonce }: SegmentKey): LogOperation {
  return { kind: 'put', table: 'places', key: id, value: [functionName, dueAtMs, nonce] }
}
