import { join, relative } from 'node:path'
import { IsoletteError, type Provisioning, type Registry } from '../runtime/index.ts'
import { atMost } from './at-most.ts'
import { SupervisorCalls } from './calls/supervisor-calls.ts'
import { lockDataDirectory } from './data-lock.ts'
import { FleetLeases } from './fleet/fleet-leases.ts'
import { WorkerFleet } from './fleet/worker-fleet.ts'
import { clearFlights } from './flight-recorder.ts'
import { ChildList, endLeftovers } from './leftovers.ts'
import type { ServerOptions } from './options.ts'
import { formatAddress, probePort } from './port-probe.ts'
import type { AdminServer, SupervisorDeps } from './supervisor-parts.ts'

const garbageEveryMs = 10 * 60 * 1000

/** The process that runs no guest code, changes the registry, and starts, watches and replaces the others. */
export class Supervisor {
  readonly #options: ServerOptions
  readonly #deps: Required<SupervisorDeps>
  /** What is closed last, in the opposite order of opening. */
  readonly #opened = new AsyncDisposableStack()
  #fleet: WorkerFleet | null = null
  #admin: AdminServer | null = null
  #calls: SupervisorCalls | null = null
  #isServing = false
  #stopped: Promise<void> | null = null

  constructor(options: ServerOptions, deps: Required<SupervisorDeps>) {
    this.#options = options
    this.#deps = deps
  }

  /** Resolves when requests are served and people were told so. After a failure `close` is still to be called. */
  async start(): Promise<void> {
    const { dataDir, host } = this.#options
    const { log } = this.#deps

    // First the lock: a directory's leftovers are another supervisor's workers while that one lives.
    const lock = lockDataDirectory(dataDir)
    this.#opened.defer(() => lock.release())
    const leftovers = await endLeftovers(dataDir)
    if (leftovers.length > 0)
      log.warn({ pids: leftovers }, 'ended processes that another supervisor left behind')
    clearFlights(dataDir)
    // Leftovers may have held the port.
    const port = await probePort(host, this.#options.port)
    this.#goOn()

    const { registry, artifacts } = await this.#deps.openRegistry(this.#options)
    this.#opened.defer(() => registry.close())
    this.#goOn()
    const retryLog = await this.#deps.openRetryLog(this.#options)
    this.#opened.defer(() => retryLog.close())
    this.#goOn()
    const children = new ChildList(dataDir)
    const builder = this.#deps.createBuilder({
      onStarted: (pid) => children.add(pid),
      onEnded: (pid) => children.remove(pid),
      layers: {
        artifacts: join(dataDir, 'artifacts'),
        cache: join(dataDir, 'cache'),
        resolve: (references) => registry.resolveLayers(references),
      },
    })
    this.#opened.defer(() => builder.close())

    const leases = new FleetLeases({ dataDir, getFunction: (name) => registry.getFunction(name) })
    this.#opened.defer(() => leases.close())
    const calls = new SupervisorCalls({ deps: this.#deps, retryLog, registry, log })
    this.#calls = calls
    const fleet = new WorkerFleet({
      options: { ...this.#options, port },
      workerEntry: this.#deps.workerEntry,
      revision: registry.revision,
      timings: this.#deps.timings,
      children,
      leases,
      calls: calls.fleet,
      log,
      onBroadcast: (delta) => {
        provisioning.apply(delta)
        calls.apply(delta)
      },
      onWorkerDeath: () => {
        registry.releaseDeadReaders()
        // If the disk takes nothing now, it is looked for again with the next sweep.
        retryLog.workerDied().catch(() => {})
      },
    })
    this.#fleet = fleet
    const provisioning = this.#provision(registry, fleet)
    await fleet.start()
    this.#goOn()
    await calls.start()
    this.#goOn()

    const address = () => ({ host, port: fleet.port })
    this.#admin = this.#deps.createAdmin({
      options: this.#options,
      registry,
      artifacts,
      builder,
      fleet,
      calls: calls.control,
      enqueues: () => calls.enqueueMetrics(),
      firings: () => calls.firings(),
      log,
      address,
    })
    await this.#admin.listen()
    this.#goOn()
    this.#isServing = true
    this.#collectGarbage(registry)
    await this.#deps.deployPaths()
    this.#goOn()
    this.#deps.announce(this.#readyLine(fleet.port))
  }

  /** Replaces the workers; a failure is only logged. */
  reload(): void {
    if (!this.#isServing || this.#stopped !== null) return
    this.#deps.log.info('replacing the workers')
    this.#fleet?.replaceAll().catch((error) => this.#deps.log.error({ err: error }, 'workers not replaced'))
  }

  /** Refuses changes, and lets the workers finish what they run, at most `timings.drainMs`. */
  stop(): Promise<void> {
    this.#stopped ??= this.#drain()
    return this.#stopped
  }

  /** `stop`, and then closes everything. */
  async close(): Promise<void> {
    await this.stop()
    await this.#opened.disposeAsync()
  }

  /** Ends the workers with what they run; the process is to exit now. */
  kill(): void {
    this.#fleet?.kill()
  }

  async #drain(): Promise<void> {
    const { drainMs } = this.#deps.timings
    const closed = this.#admin?.close() ?? Promise.resolve()
    await Promise.all([atMost(drainMs, closed), this.#fleet?.stop(), this.#calls?.drain(drainMs)])
  }

  /** Has the workers keep ready what functions ask for. */
  #provision(registry: Registry, fleet: WorkerFleet): Provisioning {
    const { workers } = this.#options
    const provisioning = this.#deps.createProvisioning({
      registry,
      workers,
      wallMs: Date.now,
      onChanged: (worker, versions) => fleet.provision(worker, versions),
      onFault: (functionName, error) =>
        this.#deps.log.error({ function: functionName, err: error }, 'schedule of instances not read'),
    })
    this.#opened.defer(() => provisioning.close())
    for (let worker = 0; worker < workers; worker++) fleet.provision(worker, provisioning.of(worker))
    return provisioning
  }

  /** Removes artifacts that nothing refers to any more, now and then. */
  #collectGarbage(registry: Registry): void {
    const collect = async (): Promise<void> => {
      try {
        const removed = await registry.collectGarbage()
        if (removed > 0) this.#deps.log.info({ removed }, 'removed artifacts that nothing refers to')
      } catch (error) {
        this.#deps.log.error({ err: error }, 'artifacts not cleaned up')
      }
    }
    const timer = setInterval(collect, garbageEveryMs)
    this.#opened.defer(() => clearInterval(timer))
  }

  /** Whoever stops a start must not find it starting more behind his back. */
  #goOn(): void {
    if (this.#stopped === null) return
    throw new IsoletteError('cannot_start', 'Cannot start: it was told to stop, must be left to get ready')
  }

  #readyLine(port: number): string {
    const { host, workers, adminSocket } = this.#options
    const fromHere = relative(process.cwd(), adminSocket)
    const socket = fromHere.startsWith('..') ? adminSocket : fromHere
    const count = workers === 1 ? '1 worker' : `${workers} workers`
    return `isolette is ready on http://${formatAddress(host, port)} (${count}, admin socket ${socket})`
  }
}
