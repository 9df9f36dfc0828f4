import type { BatchSize } from './batch-size.ts'
import type { Entry } from './culprits.ts'
import type { Pending } from './pending.ts'
import type { SliceMeter } from './slice-meter.ts'

/** Charges the requests of one instance with the CPU that its entries take. */
export class EntryCharges {
  readonly #meter: SliceMeter
  readonly #batchSize: BatchSize

  constructor(meter: SliceMeter, batchSize: BatchSize) {
    this.#meter = meter
    this.#batchSize = batchSize
  }

  /** An entry begins; it ends with one of the calls below. */
  begin(): void {
    this.#meter.begin()
  }

  /** What several shared in one entry is charged to them equally. */
  charge({ participants, starting }: Entry): void {
    const spentMs = this.#meter.end()
    if (participants.size === 0) return
    share(spentMs, participants)
    if (starting.length > 0) this.#batchSize.note(spentMs, starting.length)
  }

  /** The entry was ended by force, on these requests' account. */
  chargeStopped(culprits: ReadonlySet<Pending>): void {
    share(this.#meter.end(), culprits)
  }
}

function share(spentMs: number, among: ReadonlySet<Pending>): void {
  const shareMs = spentMs / among.size
  for (const pending of among) pending.invocation.usage.cpuMs += shareMs
}
