import { CallCounts } from './call-counts.ts'
import type { CallFinder } from './call-finder.ts'
import type { ExpiryRow } from './ended-rows.ts'
import type { LogBatch } from './log-batch.ts'
import { callerKey } from './log-keys.ts'
import type { LogDatabases, StoredKey } from './log-tables.ts'

/** Blocks that one commit removes at most: some 15 ms, if they are full. */
const maxBlocks = 32

export interface Swept {
  readonly calls: number
  /** Where the next commit goes on; null = nothing is left whose time has come. */
  readonly next: StoredKey | null
}

/**
 * Removes calls whose time has come. One that its first segment still holds has to stay: after a kill, that it has ended is
 * all that says that it is not to be run.
 */
export class EndedSweep {
  readonly #tables: LogDatabases
  readonly #finder: CallFinder

  constructor(tables: LogDatabases, finder: CallFinder) {
    this.#tables = tables
    this.#finder = finder
  }

  /** One commit's part. */
  sweep(batch: LogBatch, start: StoredKey): Swept {
    let calls = 0
    let blocks = 0
    for (const { key, value } of this.#tables.expiry.getRange({ start, end: [batch.nowMs + 1] })) {
      if (blocks >= maxBlocks) return { calls, next: key }
      const row = value as ExpiryRow
      blocks += row.blocks.length
      calls += this.#sweepRow(batch, key, row) ?? 0
    }
    return { calls, next: null }
  }

  /** Null = one of its calls has to stay, and so all of it. */
  #sweepRow(batch: LogBatch, rowKey: StoredKey, row: ExpiryRow): number | null {
    const kept = row.blocks.map((key) => ({ key, block: this.#finder.endedBlock(key) }))
    const ids = new Set(kept.flatMap(({ block }) => block?.ids ?? []))
    for (const id of [...ids, ...row.removed]) if (this.#finder.isInFirstSegment(id)) return null
    if (row.blocks.some((key) => !batch.canSweep(key))) return null
    for (const { key, block } of kept) if (block !== null) batch.sweepBlock(key)
    for (const { functionName, callerId, id } of row.callers) {
      // Not if the call has left since: it was redriven, or removed and its name given to another.
      if (ids.has(id))
        batch.operation({ kind: 'remove', table: 'caller-ids', key: callerKey(functionName, callerId) })
    }
    for (const { id, reason } of row.deadLetters) {
      if (!ids.has(id)) continue
      batch.operation({ kind: 'remove', table: 'dead-letters', key: id })
      CallCounts.addDeadLetter(batch.counts, reason, -1)
    }
    for (const id of row.removed) batch.operation({ kind: 'remove', table: 'places', key: id })
    batch.operation({ kind: 'remove', table: 'expiry', key: rowKey })
    return ids.size
  }
}
