import type { BatchSize } from './batch-size.ts'
import type { Entry } from './culprits.ts'
import type { Pending } from './pending.ts'
import type { PreparedIsolate } from './prepared-isolate.ts'

/** Charges the requests of one instance with the CPU that its entries take. */
export class EntryCharges {
  readonly #prepared: PreparedIsolate
  readonly #batchSize: BatchSize
  /** Of all entries that were charged. */
  #cpuMs = 0

  constructor(prepared: PreparedIsolate, batchSize: BatchSize) {
    this.#prepared = prepared
    this.#batchSize = batchSize
  }

  /** What was taken so far is nobody's request's. */
  begin(): void {
    this.#cpuMs = this.#prepared.cpuMs() ?? 0
  }

  /** What several shared in one entry is charged to them equally. */
  charge({ participants, starting }: Entry): void {
    const cpuMs = this.#prepared.cpuMs() ?? this.#cpuMs
    const spentMs = cpuMs - this.#cpuMs
    this.#cpuMs = cpuMs
    if (participants.size === 0) return
    share(spentMs, participants)
    if (starting.length > 0) this.#batchSize.note(spentMs, starting.length)
  }

  /** An isolate that is gone does not tell its CPU: the time that passed stands for it. */
  chargeStopped(culprits: ReadonlySet<Pending>, passedMs: number): void {
    share(passedMs, culprits)
  }
}

function share(spentMs: number, among: ReadonlySet<Pending>): void {
  const shareMs = spentMs / among.size
  for (const pending of among) pending.invocation.usage.cpuMs += shareMs
}
