import type { Logger } from 'pino'
import { RestartBackoff } from './restart-backoff.ts'
import { describeEnd, type WorkerEnd, type WorkerProcess } from './worker-process.ts'

export interface WorkerSlotOptions {
  readonly index: number
  /** Starts a process for this place. `onLeaving`: it drains although nobody told it to. */
  readonly create: (index: number, onLeaving: () => void) => WorkerProcess
  readonly log: Logger
}

/** One place in the fleet: sees to it that a worker serves there, by replacing those that end. */
export class WorkerSlot {
  /** Processes that ended unasked and were replaced. */
  restarts = 0
  readonly #options: WorkerSlotOptions
  readonly #backoff = new RestartBackoff()
  readonly #processes = new Set<WorkerProcess>()
  #restartTimer: NodeJS.Timeout | null = null
  /** The first process was ready: from then on a dead one is replaced, before that the start fails. */
  #isUp = false
  #isStopped = false

  constructor(options: WorkerSlotOptions) {
    this.#options = options
  }

  /** Usually one; while a worker is being replaced two, one of which is starting or draining. */
  get processes(): readonly WorkerProcess[] {
    return [...this.#processes]
  }

  /** Resolves with the first process when it listens. @throws IsoletteError what it could not start for */
  async start(): Promise<WorkerProcess> {
    const worker = this.#spawn()
    await worker.ready
    this.#isUp = true
    return worker
  }

  /**
   * Replaces the process: the new one listens before the old one is told to drain. Resolves then. If the new one
   * cannot start, the old one stays.
   *
   * @throws IsoletteError what the new one could not start for
   */
  async replace(lingerMs: number): Promise<void> {
    if (this.#isStopped) return
    this.#cancelRestart()
    const old = this.#serving()
    await this.#spawn().ready
    if (this.#isStopped) return
    for (const worker of old) worker.drain(lingerMs)
  }

  /** Drains every process and starts no more. Resolves when all have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelRestart()
    for (const worker of this.#processes) worker.drain(0)
    await Promise.all(this.processes.map(({ ended }) => ended))
  }

  #spawn(): WorkerProcess {
    const { index, create, log } = this.#options
    const worker: WorkerProcess = create(index, () => this.#restart(worker, 'it drains unasked'))
    this.#processes.add(worker)
    log.info({ worker: index, workerPid: worker.pid }, 'worker started')
    worker.ready.then(
      () => log.info({ worker: index, workerPid: worker.pid, port: worker.port }, 'worker ready'),
      () => {},
    )
    void worker.ended.then((end) => this.#onEnded(worker, end))
    return worker
  }

  #onEnded(worker: WorkerProcess, end: WorkerEnd): void {
    this.#processes.delete(worker)
    if (worker.isRetired) {
      const { code, signal, killedFor } = end
      const level = code === 0 ? 'info' : 'warn'
      this.#options.log[level](
        { worker: worker.index, workerPid: worker.pid, code, signal, killedFor },
        'worker drained',
      )
      return
    }
    this.#restart(worker, describeEnd(end), end)
  }

  #restart(gone: WorkerProcess, why: string, end?: WorkerEnd): void {
    // The start fails, and says why; or nobody is to serve here any more.
    if (!this.#isUp || this.#isStopped) return
    const isServed = this.#serving().length > 0 || this.#restartTimer !== null
    const delayMs = isServed ? 0 : this.#backoff.died(end?.aliveMs ?? Number.POSITIVE_INFINITY)
    this.#options.log.error(
      { worker: gone.index, workerPid: gone.pid, ...end, ...(isServed ? {} : { restartInMs: delayMs }) },
      `worker died: ${why}`,
    )
    if (isServed) return
    this.restarts++
    this.#respawn(delayMs)
  }

  #respawn(delayMs: number): void {
    if (delayMs > 0) {
      this.#restartTimer = setTimeout(() => {
        this.#restartTimer = null
        this.#respawn(0)
      }, delayMs)
      return
    }
    try {
      this.#spawn()
    } catch (error) {
      // Some refusals of the system, as for want of memory, are thrown. It may relent.
      const nextDelayMs = Math.max(100, this.#backoff.died(0))
      this.#options.log.error(
        { worker: this.#options.index, err: error, restartInMs: nextDelayMs },
        'worker not started',
      )
      this.#respawn(nextDelayMs)
    }
  }

  /** Those that serve, or will. */
  #serving(): WorkerProcess[] {
    return this.processes.filter((worker) => !worker.isRetired)
  }

  #cancelRestart(): void {
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer)
    this.#restartTimer = null
  }
}
