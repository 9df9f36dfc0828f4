import type { Logger } from 'pino'
import {
  addEnded,
  type DirectResult,
  type Fleet,
  type FleetMember,
  type InvocationRecord,
  IsoletteError,
  type ProvisionedVersion,
  type RegistryDelta,
  type WorkerMetrics,
} from '../../runtime/index.ts'
import { atMost } from '../at-most.ts'
import { readFlight, removeFlight } from '../flight-recorder.ts'
import { InvocationIds } from '../invocation-id.ts'
import type { ChildList } from '../leftovers.ts'
import type { ServerOptions } from '../options.ts'
import type { ToWorker } from '../protocol.ts'
import { CrashCause } from './crash-cause.ts'
import type { FleetCalls } from './fleet-calls.ts'
import type { FleetLeases } from './fleet-leases.ts'
import type { FleetTimings } from './fleet-timings.ts'
import { IdleWorkers } from './idle-workers.ts'
import { privateMemoryMiB } from './process-memory.ts'
import { Quarantine } from './quarantine.ts'
import { RecentRecords } from './recent-records.ts'
import { WorkerProcess } from './worker-process.ts'
import { WorkerSlot } from './worker-slot.ts'

export interface WorkerFleetOptions {
  readonly options: ServerOptions
  /** Path of the script that a worker runs. */
  readonly workerEntry: string
  /** Of the registry, now. */
  readonly revision: number
  readonly timings: FleetTimings
  readonly children: ChildList
  readonly leases: FleetLeases
  readonly calls: FleetCalls
  readonly log: Logger
  /** A change was sent to the workers. */
  readonly onBroadcast: (delta: RegistryDelta) => void
  /** A worker died; what it held of the registry's readers can be taken back. */
  readonly onWorkerDeath: () => void
}

/** Workers make room when they use their budget; one that is this far over it is beyond helping. */
const killAtBudgetShare = 1.5

/** The worker processes: started, watched, replaced, and spoken to. */
export class WorkerFleet implements Fleet {
  readonly #options: WorkerFleetOptions
  readonly #slots: readonly WorkerSlot[]
  readonly #records = new RecentRecords()
  readonly #quarantine = new Quarantine(() => performance.now())
  readonly #crashCause = new CrashCause()
  readonly #ids = new InvocationIds()
  /** What the worker of each place is to keep ready. */
  readonly #provisions: (readonly ProvisionedVersion[])[] = []
  #revision: number
  readonly #port: number
  #watch: NodeJS.Timeout | null = null
  #replacing: Promise<void> | null = null
  readonly #idle: IdleWorkers
  #isStopping = false
  /** What workers counted that are gone. */
  #endedMetrics: WorkerMetrics | null = null
  #sinceMetricsMs = 0

  constructor(options: WorkerFleetOptions) {
    this.#options = options
    this.#revision = options.revision
    this.#port = options.options.port
    const { timings, log } = options
    this.#idle = new IdleWorkers({
      budgetMiB: options.options.memory.budgetMiB,
      afterMs: timings.idleMs,
      replace: (index) => this.#slots[index]!.replace(timings.lingerMs),
      mayReplace: () => !this.#isStopping && this.#replacing === null,
      log,
    })
    this.#slots = Array.from(
      { length: options.options.workers },
      (_, index) => new WorkerSlot({ index, create: (...args) => this.#createProcess(...args), log }),
    )
  }

  /** That all workers share. */
  get port(): number {
    return this.#port
  }

  get restarts(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.restarts, 0)
  }

  get isReady(): boolean {
    return this.#ready().some((worker) => worker.revision >= this.#revision)
  }

  /** Resolves when all workers listen. @throws IsoletteError the first refusal; `stop` is still to be called */
  async start(): Promise<void> {
    this.#startWatch()
    await Promise.all(this.#slots.map((slot) => slot.start()))
  }

  async broadcast(delta: RegistryDelta): Promise<{ readonly applied: number; readonly live: number }> {
    this.#revision = Math.max(this.#revision, delta.revision)
    // To those that start, too: one may be listening already while its `ready` is still on the way.
    const workers = this.#processes()
    for (const worker of workers) worker.send({ kind: 'delta', delta })
    this.#options.leases.totalsChanged(Object.keys(delta.functions))
    this.#options.onBroadcast(delta)
    await atMost(
      this.#options.timings.applyMs,
      Promise.all(workers.map((worker) => worker.applied(delta.revision))),
    )
    const live = workers.filter(({ state }) => state !== 'ended' && state !== 'starting')
    return { applied: live.filter(({ revision }) => revision >= delta.revision).length, live: live.length }
  }

  async members(): Promise<readonly FleetMember[]> {
    const members = this.#slots.flatMap(({ processes, restarts }) =>
      processes.map(async (worker): Promise<FleetMember | null> => {
        const { index, pid } = worker
        const status = await worker.status()
        return worker.state === 'ended' ? null : { index, pid, state: worker.state, restarts, status }
      }),
    )
    return (await Promise.all(members)).filter((member) => member !== null)
  }

  async metrics(): Promise<readonly WorkerMetrics[]> {
    const metrics = await Promise.all(this.#processes().map((worker) => worker.metrics()))
    return [...metrics, this.#endedMetrics].filter((worker) => worker !== null)
  }

  async invoke(call: { readonly reference: string; readonly json: string }): Promise<DirectResult> {
    const [worker] = this.#ready().sort((a, b) => a.callCount - b.callCount)
    if (worker === undefined) {
      throw new IsoletteError(
        'unavailable',
        `Cannot invoke ${call.reference}: no worker is ready, must be at least one`,
      )
    }
    const result = await worker.invoke({ invocationId: this.#ids.next(), ...call })
    if (result === null) {
      throw new IsoletteError(
        'unavailable',
        `Cannot invoke ${call.reference}: its worker ended, must outlive it`,
      )
    }
    return result
  }

  /** The worker of a place is to keep these instances ready from now on, and whoever replaces it. */
  provision(index: number, versions: readonly ProvisionedVersion[]): void {
    this.#provisions[index] = versions
    for (const worker of this.#slots[index]?.processes ?? []) worker.send({ kind: 'provision', versions })
  }

  replaceAll(): Promise<void> {
    this.#replacing ??= this.#replaceEach().finally(() => {
      this.#replacing = null
    })
    return this.#replacing
  }

  follow(listener: (record: InvocationRecord) => void): () => void {
    const end = this.#records.listen(listener)
    this.#sendFollow()
    return () => {
      end()
      this.#sendFollow()
    }
  }

  recentRecords(): readonly InvocationRecord[] {
    return this.#records.list()
  }

  /** Drains all workers and starts no more. Resolves when all have ended, at the latest after `timings.drainMs`. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#slots.map((slot) => slot.stop()))
    if (this.#watch !== null) clearInterval(this.#watch)
  }

  /** Ends all workers at once, with what they run. */
  kill(): void {
    for (const worker of this.#processes()) worker.kill('stop')
  }

  async #replaceEach(): Promise<void> {
    for (const slot of this.#slots) await slot.replace(this.#options.timings.lingerMs)
  }

  #processes(): WorkerProcess[] {
    return this.#slots.flatMap(({ processes }) => processes)
  }

  #ready(): WorkerProcess[] {
    return this.#isStopping ? [] : this.#processes().filter(({ state }) => state === 'ready')
  }

  #createProcess(index: number, onLeaving: () => void): WorkerProcess {
    const { options, timings, workerEntry, children, leases, calls } = this.#options
    const lessee = leases.join((grant) => worker.send({ kind: 'share', grant }))
    const member = calls.join({
      get isTaking() {
        return worker.state === 'ready'
      },
      send: (message) => worker.send(message),
    })
    const { heartbeatMs, drainMs } = timings
    const { logOffsetMs } = calls
    const worker: WorkerProcess = new WorkerProcess({
      entry: workerEntry,
      boot: { index, port: this.#port, peer: lessee.address, heartbeatMs, drainMs, logOffsetMs, options },
      timings,
      maxMemoryMiB: options.memory.budgetMiB * killAtBudgetShare,
      memoryMiB: privateMemoryMiB,
      onRecords: (records) => this.#records.add(records),
      onLease: (note) => lessee.receive(note),
      onCallNews: (news) => member.receive(news),
      onReady: () => calls.runner.noteRoom(),
      onRetired: () => {
        // Of all that drain together none has anybody to leave its share to.
        if (!this.#isStopping) lessee.retire()
      },
      onLeaving,
    })
    children.add(worker.pid)
    worker.send({ kind: 'quarantine', versionIds: this.#quarantine.versionIds })
    worker.send({ kind: 'follow', all: this.#records.hasListeners })
    worker.send({ kind: 'provision', versions: this.#provisions[index] ?? [] })
    void worker.ended.then((end) => {
      children.remove(worker.pid)
      lessee.leave()
      if (worker.lastMetrics !== null) this.#endedMetrics = addEnded(this.#endedMetrics, worker.lastMetrics)
      if (end.code !== 0) this.#options.onWorkerDeath()
      const flight = readFlight(options.dataDir, worker.pid)
      removeFlight(options.dataDir, worker.pid)
      const isGuest = !worker.isRetired && this.#crashCause.isGuest(end)
      if (isGuest && flight.versionId !== null) this.#blame(flight.versionId)
      member.leave(flight, isGuest)
    })
    return worker
  }

  #blame(versionId: string): void {
    const isQuarantined = this.#quarantine.noteCrash(versionId)
    this.#options.log.error({ versionId, isQuarantined }, 'version brought its worker down')
    if (isQuarantined) this.#sendQuarantine()
  }

  #startWatch(): void {
    const everyMs = this.#options.timings.heartbeatMs / 2
    let lastMs = performance.now()
    this.#watch = setInterval(() => {
      const nowMs = performance.now()
      const elapsedMs = Math.min(nowMs - lastMs, 2 * everyMs)
      lastMs = nowMs
      for (const worker of this.#processes()) worker.tick(elapsedMs)
      this.#options.calls.tellDepths()
      this.#options.calls.runner.look()
      this.#sinceMetricsMs += elapsedMs
      // So that little is missing of what a worker counted that ends without a word.
      if (this.#sinceMetricsMs >= this.#options.timings.metricsMs) {
        this.#sinceMetricsMs = 0
        void this.#idle.look(this.#processes())
      }
      const released = this.#quarantine.release()
      if (released.length === 0) return
      this.#options.log.info({ versionIds: released }, 'versions released from quarantine')
      this.#sendQuarantine()
    }, everyMs)
  }

  #sendQuarantine(): void {
    this.#sendAll({ kind: 'quarantine', versionIds: this.#quarantine.versionIds })
  }

  #sendFollow(): void {
    this.#sendAll({ kind: 'follow', all: this.#records.hasListeners })
  }

  #sendAll(message: ToWorker): void {
    for (const worker of this.#processes()) worker.send(message)
  }
}
