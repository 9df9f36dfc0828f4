import type { Call, CallEnd, CallId, DeadLetterReason } from '../model/call.ts'
import { type BlockEntry, type CallBlock, packBlock } from './call-block.ts'
import type { FoundEnd } from './call-finder.ts'
import { tagOfCallId } from './call-id.ts'
import { packEnded } from './call-record.ts'
import { type EndedKey, type Nonces, storedEndedKey } from './log-keys.ts'
import type { LogOperation } from './log-write.ts'

const maxBlockCalls = 64
/** Less than of segments: to forget one of them, the others are written anew. */
const maxBlockBytes = 64 * 1024

/** What has to be forgotten when the time of a row of `expiry` has come. */
export interface ExpiryRow {
  readonly blocks: EndedKey[]
  readonly callers: { readonly functionName: string; readonly callerId: string; readonly id: CallId }[]
  readonly deadLetters: { readonly id: CallId; readonly reason: DeadLetterReason }[]
  /** Calls of which `places` says that they are nowhere. */
  readonly removed: CallId[]
}

interface Gathering {
  readonly key: EndedKey
  readonly entries: BlockEntry[]
  bytes: number
}

/** The rows of calls that end in one commit: those that were enqueued in one millisecond and are kept as long, in one value. */
export class EndedRows {
  readonly #nonces: Nonces
  readonly #open = new Map<string, Gathering>()
  readonly #closed: Gathering[] = []
  /** By `untilMs`. */
  readonly #expiry = new Map<number, ExpiryRow>()
  readonly #deadLetters: LogOperation[] = []

  constructor(nonces: Nonces) {
    this.#nonces = nonces
  }

  add(call: Call, end: CallEnd, untilMs: number): void {
    const { id, functionName, callerId, enqueuedAtMs } = call
    const body = packEnded(call, end)
    const tag = tagOfCallId(id)
    const group = `${enqueuedAtMs}.${tag}.${untilMs}`
    let gathering = this.#open.get(group)
    const isFull = (one: Gathering) =>
      one.entries.length === maxBlockCalls || one.bytes + body.byteLength > maxBlockBytes
    if (gathering === undefined || isFull(gathering)) {
      if (gathering !== undefined) this.#closed.push(gathering)
      gathering = { key: { enqueuedAtMs, tag, nonce: this.#nonces.next() }, entries: [], bytes: 0 }
      this.#open.set(group, gathering)
      this.expiryAt(untilMs).blocks.push(gathering.key)
    }
    gathering.entries.push({ id, body })
    gathering.bytes += body.byteLength
    if (callerId !== null) this.expiryAt(untilMs).callers.push({ functionName, callerId, id })
    if (end.reason !== null) this.#addDeadLetter(id, end.reason, untilMs)
  }

  expiryAt(untilMs: number): ExpiryRow {
    let row = this.#expiry.get(untilMs)
    if (row === undefined) {
      row = { blocks: [], callers: [], deadLetters: [], removed: [] }
      this.#expiry.set(untilMs, row)
    }
    return row
  }

  operations(): LogOperation[] {
    const blocks = [...this.#closed, ...this.#open.values()].map(({ key, entries }) =>
      blockOperation(key, entries),
    )
    const expiry = Array.from(this.#expiry, ([untilMs, row]) =>
      expiryOperation(untilMs, this.#nonces.next(), row),
    )
    return [...blocks, ...expiry, ...this.#deadLetters]
  }

  #addDeadLetter(id: CallId, reason: DeadLetterReason, untilMs: number): void {
    this.#deadLetters.push({ kind: 'put', table: 'dead-letters', key: id, value: reason })
    this.expiryAt(untilMs).deadLetters.push({ id, reason })
  }
}

function expiryOperation(untilMs: number, nonce: string, row: ExpiryRow): LogOperation {
  return { kind: 'put', table: 'expiry', key: [untilMs, nonce], value: row }
}

function blockOperation(key: EndedKey, entries: readonly BlockEntry[]): LogOperation {
  const row = { table: 'ended', key: storedEndedKey(key) } as const
  return entries.length === 0
    ? { kind: 'remove', ...row }
    : { kind: 'put', ...row, value: packBlock(entries) }
}

/** Calls that are to leave the blocks they ended in, of one commit. */
export class EndedLeavers {
  /** By the block's nonce. */
  readonly #blocks = new Map<string, { key: EndedKey; block: CallBlock; ids: Set<CallId> }>()

  has(id: CallId): boolean {
    return [...this.#blocks.values()].some(({ ids }) => ids.has(id))
  }

  hasOf({ nonce }: EndedKey): boolean {
    return this.#blocks.has(nonce)
  }

  add(id: CallId, { key, block }: FoundEnd): void {
    const leaving = this.#blocks.get(key.nonce) ?? { key, block, ids: new Set() }
    this.#blocks.set(key.nonce, leaving)
    leaving.ids.add(id)
  }

  operations(): LogOperation[] {
    return Array.from(this.#blocks.values(), ({ key, block, ids }) => {
      const entries = block.ids.flatMap((id, index) =>
        ids.has(id) ? [] : [{ id, body: block.bodyAt(index) }],
      )
      return blockOperation(key, entries)
    })
  }
}
