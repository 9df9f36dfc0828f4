import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { destination, type Logger } from 'pino'
import { IsoletteError } from '../../runtime/index.ts'
import { createLog, createLogTo, type LogOptions } from '../../runtime/worker-side.ts'
import { type FlightRecorder, openFlightRecorder } from '../flight-recorder.ts'
import { packFromWorker, type SentToWorker, unpackToWorker } from '../packed-messages.ts'
import type { FromWorker, ToWorker } from '../protocol.ts'
import { type WorkerBoot, workerNodeOptions } from '../worker-boot.ts'
import type { CreateWorkerService, WorkerService } from './worker-service.ts'

/**
 * The life of a worker process: starts the service, says when it is ready, gives signs of life, passes on what the
 * supervisor says, and drains when it is told to or when its supervisor is gone. To be called once, by the process's
 * entry; it ends the process.
 */
export async function runWorker(createService: CreateWorkerService): Promise<void> {
  const missing = workerNodeOptions.filter((option) => !process.execArgv.includes(option))
  if (missing.length > 0) refuseToRun(`it was started without ${missing.join(' ')}`)
  if (process.send === undefined) refuseToRun('it was not started by a supervisor')
  const boot = JSON.parse(process.argv[2] ?? 'null') as WorkerBoot | null
  if (boot === null) refuseToRun('it was started without its options')
  await new Worker(boot).run(createService)
}

function refuseToRun(problem: string): never {
  writeSync(
    2,
    `isolette: cannot_start: Cannot run a worker: ${problem}, must be started by "isolette serve"\n`,
  )
  process.exit(1)
}

class Worker {
  readonly #boot: WorkerBoot
  readonly #log: Logger
  readonly #flight: FlightRecorder
  /** What the supervisor said before the service was there. */
  readonly #early: Exclude<ToWorker, { kind: 'drain' }>[] = []
  /** Told which versions must rest, or that it is to end: without that it would run what brought the last one down. */
  readonly #told = Promise.withResolvers<void>()
  #service: WorkerService | null = null
  /** Null until a drain is asked for. */
  #lingerMs: number | null = null

  constructor(boot: WorkerBoot) {
    this.#boot = boot
    this.#log = createLog(this.#logOptions)
    this.#flight = openFlightRecorder(boot.options.dataDir)
  }

  async run(createService: CreateWorkerService): Promise<void> {
    this.#watchProcess()
    const beat = () => this.#send({ kind: 'heartbeat' })
    const heartbeat = setInterval(beat, this.#boot.heartbeatMs)
    try {
      const { index, port, peer, logOffsetMs, options } = this.#boot
      const service = await createService({
        index,
        port,
        options,
        flight: this.#flight,
        log: this.#log,
        beat,
        peer,
        sendLease: (note) => this.#send({ kind: 'lease', note }),
        sendLog: (message) => this.#send(message),
        logOffsetMs,
        sendAttempted: (results) => this.#send({ kind: 'attempted', results }),
      })
      service.onRecords((records, dropped) => this.#send({ kind: 'records', records, dropped }))
      await this.#told.promise
      // Before listening: the first request must see every change that was answered by now.
      this.#service = service
      for (const message of this.#early) this.#handle(message, service)
      if (this.#lingerMs !== null) return this.#drain(this.#lingerMs)
      // Written at exit otherwise, and a worker that is killed has none. Before it listens: where nothing was compiled yet it
      // holds the thread for 50 ms, or for a second on a busy disk, and nobody's request is to wait for that.
      flushCompileCache()
      const listening = await service.listen()
      this.#send({ kind: 'ready', port: listening.port, revision: service.revision })
    } catch (error) {
      clearInterval(heartbeat)
      await this.#fail(error)
    }
  }

  get #logOptions(): LogOptions {
    return { level: this.#boot.options.log.level, bindings: { pid: process.pid, worker: this.#boot.index } }
  }

  /** A log whose lines are out before the call returns, for when there is no later. */
  get #lastWords(): Logger {
    return createLogTo(destination({ dest: 2, sync: true }), this.#logOptions)
  }

  #watchProcess(): void {
    process.on('message', (sent: SentToWorker) => {
      const message = unpackToWorker(sent)
      if (message.kind === 'quarantine') this.#told.resolve()
      if (message.kind === 'drain') this.#drain(message.lingerMs)
      else if (this.#service === null) this.#early.push(message)
      else this.#handle(message, this.#service)
    })
    // The supervisor is gone: a new one may begin at any moment, and then this worker would serve what is old.
    process.on('disconnect', () => this.#drain(0))
    process.on('SIGTERM', () => this.#drain(0))
    // A terminal sends these to all its processes; what they mean is for the supervisor to say.
    process.on('SIGINT', () => {})
    process.on('SIGHUP', () => {})
    process.on('uncaughtException', (error) => {
      this.#lastWords.fatal({ err: error }, 'worker failed')
      endAtOnce()
    })
    // The channel may have closed before anyone listened.
    if (!process.connected) this.#drain(0)
  }

  #handle(message: Exclude<ToWorker, { kind: 'drain' }>, service: WorkerService): void {
    switch (message.kind) {
      case 'delta':
        service.apply(message.delta)
        this.#send({ kind: 'applied', revision: message.delta.revision })
        break
      case 'quarantine':
        service.setQuarantine(message.versionIds)
        break
      case 'provision':
        service.provision(message.versions)
        break
      case 'share':
        service.setShare(message.grant)
        break
      case 'attempts':
        service.runAttempts(message.deliveries)
        break
      case 'stopAttempts':
        service.stopAttempts(message.callIds)
        break
      case 'depths':
        service.setDepths(message.depths)
        break
      case 'invoke':
        void service.invokeDirect(message).then((result) => {
          this.#send({ kind: 'invoked', callId: message.callId, result })
        })
        break
      case 'status':
        this.#send({ kind: 'status', callId: message.callId, status: service.status() })
        break
      case 'metrics':
        this.#send({ kind: 'metrics', callId: message.callId, metrics: service.metrics() })
        break
      case 'follow':
        service.setFollow(message.all)
        break
    }
  }

  /** A second call can only shorten the first one's lingering. */
  #drain(lingerMs: number): void {
    if (this.#lingerMs === null) {
      // For a worker whose supervisor is gone nobody else does it.
      setTimeout(() => {
        this.#lastWords.warn('worker ends with requests running: draining took too long')
        endAtOnce()
      }, this.#boot.drainMs)
    }
    this.#lingerMs = Math.min(lingerMs, this.#lingerMs ?? lingerMs)
    this.#told.resolve()
    if (this.#service === null) return
    const service = this.#service
    void service.drain({ lingerMs: this.#lingerMs }).then(() => {
      // Nobody asked; without it all since the last question would be missing from the sums.
      this.#send({ kind: 'metrics', callId: 0, metrics: service.metrics() })
      this.#exit(0)
    })
    this.#send({ kind: 'draining' })
  }

  async #fail(error: unknown): Promise<void> {
    const isRefusal = error instanceof IsoletteError
    if (!isRefusal) this.#log.fatal({ err: error }, 'worker failed to start')
    const message = error instanceof Error ? error.message : String(error)
    this.#send({ kind: 'failed', code: isRefusal ? error.code : 'cannot_start', message })
    await this.#service?.drain({ lingerMs: 0 })
    this.#exit(1)
  }

  /** Messages leave in order, so when this one is gone all before it are. */
  #exit(code: number): void {
    // What closed can apply no more changes.
    process.removeAllListeners('message')
    if (process.connected) process.send?.({ kind: 'heartbeat' }, () => process.exit(code))
    else process.exit(code)
  }

  #send(message: FromWorker): void {
    // Sending fails only when the supervisor is gone, and of that 'disconnect' tells.
    if (process.connected) process.send?.(packFromWorker(message), () => {})
  }
}

/**
 * Ends this process without asking any part of it, for some may be stuck: `process.exit` crashes while the guardian's
 * thread waits, and the crash would be blamed on the version that ran last.
 */
function endAtOnce(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable')
}
