import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import {
  type DirectResult,
  type ErrorCode,
  errorCodes,
  type InvocationRecord,
  IsoletteError,
  type LeaseNote,
  type WorkerMetrics,
  type WorkerStatus,
} from '../../runtime/index.ts'
import { packToWorker, type SentFromWorker, unpackFromWorker } from '../packed-messages.ts'
import type { FromWorker, ToWorker } from '../protocol.ts'
import { quietNodeOptions, type WorkerBoot, workerNodeOptions } from '../worker-boot.ts'
import type { FleetTimings } from './fleet-timings.ts'
import { type Answer, WorkerCalls } from './worker-calls.ts'

export interface WorkerProcessOptions {
  /** Path of the script that the process runs. */
  readonly entry: string
  readonly boot: WorkerBoot
  readonly timings: FleetTimings
  /** It is killed when it uses more. */
  readonly maxMemoryMiB: number
  /** Memory in use by a process in MiB; null if that cannot be known. */
  readonly memoryMiB: (pid: number) => number | null
  readonly onRecords: (records: readonly InvocationRecord[]) => void
  readonly onLease: (note: LeaseNote) => void
  readonly onCallNews: (news: CallNews) => void
  /** It serves from now on. */
  readonly onReady: () => void
  /** It drains, whoever told it to. May be called again. */
  readonly onRetired: () => void
  /** It drains although nobody told it to. */
  readonly onLeaving: () => void
}

/** What a worker tells of asynchronous calls. */
export type CallNews = Extract<FromWorker, { kind: 'attempted' | 'appended' | 'logState' }>

/** Why the supervisor killed a worker. */
export type KillReason = 'silent' | 'memory' | 'slow_start' | 'slow_drain' | 'stop'

export interface WorkerEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Null if it was not the supervisor that killed it. */
  readonly killedFor: KillReason | null
  readonly aliveMs: number
}

/** One worker process, as its supervisor sees it: started by the constructor, watched by `tick`, ended at last. */
export class WorkerProcess {
  /** Resolves when it listens. @throws IsoletteError what it refused to start for, or `cannot_start` */
  readonly ready: Promise<void>
  /** Never rejects. */
  readonly ended: Promise<WorkerEnd>
  readonly #options: WorkerProcessOptions
  readonly #child: ChildProcess
  readonly #calls = new WorkerCalls()
  readonly #appliedWaiters = new Set<() => void>()
  readonly #startedAtMs = performance.now()
  #state: 'starting' | 'ready' | 'draining' | 'ended' = 'starting'
  #inStateMs = 0
  #silentMs = 0
  #isRetired = false
  #lingerMs = Number.POSITIVE_INFINITY
  #killedFor: KillReason | null = null
  #revision = -1
  #port = 0
  #refusal: IsoletteError | null = null
  #lastMetrics: WorkerMetrics | null = null
  #readyMemoryMiB: number | null = null
  #onReady: () => void = () => {}

  constructor(options: WorkerProcessOptions) {
    this.#options = options
    this.#child = fork(options.entry, [JSON.stringify(options.boot)], {
      execArgv: [...workerNodeOptions, ...quietNodeOptions],
      // Halves the time until a replacement listens: types are stripped and modules compiled once, not in each worker.
      env: { ...process.env, NODE_COMPILE_CACHE: join(options.boot.options.dataDir, 'cache', 'compiled') },
      serialization: 'advanced',
      // Standard output is the supervisor's: programs wait for its one line.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    this.#child.on('message', (message) => this.#receive(unpackFromWorker(message as SentFromWorker)))
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#enter('ended')
        this.#calls.abandon()
        this.#wakeAppliedWaiters()
        const aliveMs = performance.now() - this.#startedAtMs
        resolve({ code, signal, killedFor: this.#killedFor, aliveMs })
      }
      // 'close', unlike 'exit', comes after the last message.
      this.#child.on('close', end)
      this.#child.on('error', (error) => {
        if (this.#child.pid !== undefined) return
        this.#refusal = cannotStart(this.index, error.message)
        end(null, null)
      })
    })
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = resolve
      void this.ended.then((end) => reject(this.#refusal ?? cannotStart(this.index, describeEnd(end))))
    })
    // Whoever does not wait for it learns of the failure by `ended`.
    this.ready.catch(() => {})
  }

  get index(): number {
    return this.#options.boot.index
  }

  /** 0 if the system refused to start it. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  get state(): 'starting' | 'ready' | 'draining' | 'ended' {
    return this.#state
  }

  /** Whether it is going, and its end asks for nothing to be done. */
  get isRetired(): boolean {
    return this.#isRetired
  }

  /** Of the registry it serves; -1 before it is ready. */
  get revision(): number {
    return this.#revision
  }

  /** It listens on; 0 before it is ready. */
  get port(): number {
    return this.#port
  }

  /** Direct events that it has not answered yet, and questions about itself. */
  get callCount(): number {
    return this.#calls.count
  }

  send(message: ToWorker): void {
    // If it is gone, 'close' tells; there is nobody to tell here.
    if (this.#child.connected) this.#child.send(packToWorker(message), () => {})
  }

  /** Resolves when it has applied the revision, or ended. */
  async applied(revision: number): Promise<void> {
    while (this.#revision < revision && this.#state !== 'ended') {
      await new Promise<void>((resolve) => this.#appliedWaiters.add(resolve))
    }
  }

  /** Null if it does not answer in time. */
  async status(): Promise<WorkerStatus | null> {
    const answer = await this.#ask((callId) => ({ kind: 'status', callId }), this.#options.timings.callMs)
    return answer?.kind === 'status' ? answer.status : null
  }

  /** What it counted; as it said before, if it does not answer in time. Null if it never answered. */
  async metrics(): Promise<WorkerMetrics | null> {
    await this.#ask((callId) => ({ kind: 'metrics', callId }), this.#options.timings.callMs)
    return this.#lastMetrics
  }

  get lastMetrics(): WorkerMetrics | null {
    return this.#lastMetrics
  }

  /** Memory in use when it became ready, in MiB; null before, and if it cannot be known. */
  get readyMemoryMiB(): number | null {
    return this.#readyMemoryMiB
  }

  /** Null if it ended before it had a result. */
  async invoke(call: {
    readonly invocationId: string
    readonly reference: string
    readonly json: string
  }): Promise<DirectResult | null> {
    const answer = await this.#ask((callId) => ({ kind: 'invoke', callId, ...call }), null)
    return answer?.kind === 'invoked' ? answer.result : null
  }

  /** Lets it finish what runs, and end. A second call can only shorten the lingering. */
  drain(lingerMs: number): void {
    this.#isRetired = true
    this.#options.onRetired()
    if (lingerMs >= this.#lingerMs) return
    this.#lingerMs = lingerMs
    this.send({ kind: 'drain', lingerMs })
    if (this.#state !== 'draining' && this.#state !== 'ended') this.#enter('draining')
  }

  kill(reason: KillReason): void {
    this.#killedFor ??= reason
    this.#child.kill('SIGKILL')
  }

  /**
   * Looks after it: `elapsedMs` have passed on the supervisor's own clock. Silence is counted in such ticks so that
   * workers are not killed for a time in which the supervisor itself, or the machine, stood still.
   */
  tick(elapsedMs: number): void {
    if (this.#state === 'ended') return
    const { startMs, silenceMs, drainMs } = this.#options.timings
    this.#inStateMs += elapsedMs
    this.#silentMs += elapsedMs
    // Before it is ready it loads native code and reads the registry, which may block it for long.
    if (this.#state === 'starting') {
      if (this.#inStateMs >= startMs) this.kill('slow_start')
    } else if (this.#silentMs >= silenceMs) this.kill('silent')
    if (this.#state === 'draining' && this.#inStateMs >= drainMs) this.kill('slow_drain')
    if ((this.#options.memoryMiB(this.pid) ?? 0) > this.#options.maxMemoryMiB) this.kill('memory')
  }

  #enter(state: 'ready' | 'draining' | 'ended'): void {
    this.#state = state
    this.#inStateMs = 0
    this.#silentMs = 0
  }

  #ask(message: (callId: number) => ToWorker, withinMs: number | null): Promise<Answer | null> {
    if (this.#state === 'ended') return Promise.resolve(null)
    return this.#calls.make((callId) => this.send(message(callId)), withinMs)
  }

  #receive(message: FromWorker): void {
    this.#silentMs = 0
    switch (message.kind) {
      case 'heartbeat':
        break
      case 'ready':
        this.#port = message.port
        this.#advance(message.revision)
        this.#readyMemoryMiB = this.#options.memoryMiB(this.pid)
        if (this.#state === 'starting') this.#enter('ready')
        this.#onReady()
        this.#options.onReady()
        break
      case 'failed':
        this.#refusal = new IsoletteError(codeOf(message.code), message.message)
        break
      case 'applied':
        this.#advance(message.revision)
        break
      case 'metrics':
        this.#lastMetrics = message.metrics
        this.#calls.answered(message)
        break
      case 'invoked':
      case 'status':
        this.#calls.answered(message)
        break
      case 'records':
        this.#options.onRecords(message.records)
        break
      case 'lease':
        this.#options.onLease(message.note)
        break
      case 'attempted':
      case 'appended':
      case 'logState':
        this.#options.onCallNews(message)
        break
      case 'draining':
        if (this.#isRetired) break
        this.#isRetired = true
        this.#options.onRetired()
        this.#enter('draining')
        this.#options.onLeaving()
        break
    }
  }

  #advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
    this.#wakeAppliedWaiters()
  }

  #wakeAppliedWaiters(): void {
    for (const wake of this.#appliedWaiters) wake()
    this.#appliedWaiters.clear()
  }
}

/** How a worker ended, for people: "it was killed (silent)". */
export function describeEnd({ code, signal, killedFor }: WorkerEnd): string {
  if (killedFor !== null) return `it was killed (${killedFor})`
  return signal === null ? `it ended with code ${code}` : `it ended by ${signal}`
}

function cannotStart(index: number, problem: string): IsoletteError {
  return new IsoletteError(
    'cannot_start',
    `Cannot start worker ${index}: ${problem}, must get ready to listen`,
  )
}

function codeOf(code: string): ErrorCode {
  return Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'internal_error'
}
