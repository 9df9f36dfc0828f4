import type {
  FunctionRecord,
  Grant,
  Invocation,
  Invoker,
  LeaseNote,
  RegistryView,
  Share,
  Target,
} from '../../runtime/index.ts'
import { FunctionShares } from '../../runtime/worker-side.ts'
import { HandOver } from './hand-over.ts'
import type { PeerAddress } from './peer-address.ts'
import { PeerInvoker } from './peer-invoker.ts'
import type { StartNote } from './peer-notes.ts'
import { PeerServer } from './peer-server.ts'

/** What runs invocations here. */
export interface SharedPool extends Invoker {
  /** What of a function is here: requests that run or wait for an instance, and instances. */
  inUse(functionName: string): Share
  /** How many of its instances are to stay ready. */
  kept(functionName: string): number
  /** The function's share may be another. */
  noteShare(functionName: string): void
}

export interface WorkerSharesOptions {
  readonly address: PeerAddress
  readonly view: Pick<RegistryView, 'getFunction' | 'getManifest'>
  readonly nowMs: () => number
  /** To the supervisor. */
  readonly send: (note: LeaseNote) => void
  /** First called when there is something to run. */
  readonly pool: () => SharedPool
}

/** A worker's part in what functions may have over all workers: its shares, and the way to workers that have others. */
export class WorkerShares {
  readonly shares: FunctionShares
  readonly #options: WorkerSharesOptions
  readonly #peers: PeerInvoker
  readonly #server: PeerServer
  readonly #handOver: HandOver
  /** One object for each version, for as long as its function is unchanged: the pool keeps what it knows by it. */
  readonly #targets = new WeakMap<FunctionRecord, Map<string, Target>>()

  constructor(options: WorkerSharesOptions) {
    this.#options = options
    const { address, nowMs, pool } = options
    this.shares = new FunctionShares({
      nowMs,
      send: options.send,
      inUse: (functionName) => pool().inUse(functionName),
      kept: (functionName) => pool().kept(functionName),
      onChanged: (functionName) => pool().noteShare(functionName),
    })
    const local: Invoker = {
      invoke: (invocation) => pool().invoke(invocation),
      cancel: (invocation) => pool().cancel(invocation),
    }
    this.#peers = new PeerInvoker({
      ...address,
      nowMs,
      onMoved: (invocation) => this.#handOver.takeBack(invocation),
    })
    this.#handOver = new HandOver({ shares: this.shares, peers: this.#peers, local })
    this.#server = new PeerServer({
      ...address,
      nowMs,
      targetOf: (note) => this.#targetOf(note),
      invoker: local,
    })
  }

  /** Whether anything of another worker runs here, or the other way round. */
  get isBusy(): boolean {
    return this.#peers.isBusy || this.#server.isBusy
  }

  /** Takes what other workers hand over. @throws Error of the socket */
  listen(): Promise<void> {
    return this.#server.listen()
  }

  receive(grant: Grant): void {
    this.shares.receive(grant)
  }

  /** See `HandOver.offer`. */
  offer(invocation: Invocation): boolean {
    return this.#handOver.offer(invocation)
  }

  /** The caller went away, whoever runs it. */
  cancel(invocation: Invocation): void {
    this.#handOver.cancel(invocation)
  }

  close(): void {
    this.shares.close()
    this.#peers.close()
    this.#server.close()
  }

  #targetOf({ functionName, label, alias, versionId }: StartNote): Target | null {
    const { view } = this.#options
    const record = view.getFunction(functionName)
    if (record === null) return null
    const known = this.#targets.get(record) ?? new Map<string, Target>()
    this.#targets.set(record, known)
    const key = `${label}:${alias}:${versionId}`
    let target = known.get(key)
    if (target === undefined) {
      const manifest = view.getManifest(versionId)
      target = { functionName, label, alias, manifest, settings: record.settings }
      known.set(key, target)
    }
    return target
  }
}
