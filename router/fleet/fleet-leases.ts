import { type FunctionRecord, type Grant, LeaseBook, type LeaseNote, noShare } from '../../runtime/index.ts'
import type { PeerAddress } from '../hand-over/peer-address.ts'
import { PeerFolder } from '../hand-over/peer-folder.ts'

export interface FleetLeasesOptions {
  readonly dataDir: string
  readonly getFunction: (functionName: string) => FunctionRecord | null
}

const noCap = Number.POSITIVE_INFINITY

/** One worker's part in the leases, as the fleet sees it. */
export interface Lessee {
  readonly address: PeerAddress
  receive(note: LeaseNote): void
  /** It drains. */
  retire(): void
  /** It ended. */
  leave(): void
}

/** The shares of all workers in what functions may have together, and where workers find each other. */
export class FleetLeases {
  readonly #folder: PeerFolder
  readonly #book: LeaseBook
  readonly #send = new Map<number, (grant: Grant) => void>()
  #lastWorker = 0

  constructor({ dataDir, getFunction }: FleetLeasesOptions) {
    this.#folder = new PeerFolder(dataDir)
    this.#book = new LeaseBook({
      totalsOf: (functionName) => {
        const record = getFunction(functionName)
        if (record === null) return noShare
        const { reserved, maxInstances } = record.settings.pool
        return { requests: reserved ?? noCap, instances: maxInstances ?? noCap }
      },
      send: (worker, grant) => this.#send.get(worker)?.(grant),
    })
  }

  /** Takes a worker in that is about to start; `send` reaches it. */
  join(send: (grant: Grant) => void): Lessee {
    const worker = ++this.#lastWorker
    this.#send.set(worker, send)
    return {
      address: { folder: this.#folder.path, worker },
      receive: (note) => this.#book.receive(worker, note),
      retire: () => this.#book.retire(worker),
      leave: () => {
        this.#send.delete(worker)
        this.#book.remove(worker)
        this.#folder.removeSocket(worker)
      },
    }
  }

  /** The settings of these functions changed, or they are gone. */
  totalsChanged(functionNames: readonly string[]): void {
    for (const functionName of functionNames) this.#book.totalsChanged(functionName)
  }

  /** When all workers have ended. */
  close(): void {
    this.#folder.close()
  }
}
