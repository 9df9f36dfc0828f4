import { usualAsync } from '../model/async-settings.ts'
import type { Call, CallEnd, CallEvent, CallId, CallStatus } from '../model/call.ts'
import type { Enqueued } from '../model/enqueue.ts'
import { IsoletteError } from '../model/errors.ts'
import type { VersionLabel } from '../model/version.ts'
import type { CallFilter, CallPage, RetryLog, RetryLogStats } from '../retry-log/retry-log.ts'
import { CallAcceptor } from './call-acceptor.ts'
import type { BulkProgress, CallControl, EndedFilter, EnqueueOptions } from './call-control.ts'
import type { CallFunctions } from './call-functions.ts'
import type { CallRunner } from './call-runner.ts'
import { changeEach } from './change-each.ts'
import { DeliveryCounters } from './delivery-counters.ts'
import { DeliveryLoop } from './delivery-loop.ts'
import type { DeliveryMetrics, DurationCounter } from './delivery-metrics.ts'
import type { DeliveryObserver } from './delivery-observer.ts'
import { destinationsOf, type Follow } from './destinations.ts'
import { EndWaiters } from './end-waiters.ts'
import type { Decision } from './ladder.ts'
import type { Timers } from './timers.ts'

const sweepEveryMs = 60_000

export interface CallDeliveryOptions {
  readonly log: RetryLog
  readonly runner: CallRunner
  readonly functions: CallFunctions
  readonly timers: Timers
  /** 0 ≤ `random()` < 1. */
  readonly random: () => number
  readonly makeDurationCounter: () => DurationCounter
  readonly observer: DeliveryObserver
}

/** Delivers the calls of the log, and does with them what people ask for. Log and runner stay the caller's to close. */
export class CallDelivery implements CallControl {
  readonly #options: CallDeliveryOptions
  readonly #counters: DeliveryCounters
  readonly #loop: DeliveryLoop
  readonly #waiters: EndWaiters
  readonly #acceptor: CallAcceptor
  #cancelSweep: (() => void) | null = null

  constructor(options: CallDeliveryOptions) {
    this.#options = options
    const { log, runner, functions, timers, random, observer } = options
    const counters = new DeliveryCounters(options.makeDurationCounter)
    this.#counters = counters
    this.#waiters = new EndWaiters(timers)
    this.#acceptor = new CallAcceptor(log, functions, observer)
    const onEnded = (id: CallId): void => this.#waiters.ended(id)
    this.#loop = new DeliveryLoop({ log, runner, functions, timers, random, counters, observer, onEnded })
  }

  /** Calls are begun from now on. */
  start(): void {
    this.#loop.start()
    this.#sweepLater()
  }

  /**
   * Begins no more calls and lets those end that run, for `graceMs`; what is left then is free when the log is opened
   * again. Nobody waits any more for the end of a call. To be called before the log is closed.
   */
  async drain(graceMs: number): Promise<void> {
    this.#cancelSweep?.()
    await this.#loop.drain(graceMs)
    this.#waiters.releaseAll()
  }

  enqueue(
    functionName: string,
    qualifier: string,
    event: CallEvent,
    options: EnqueueOptions,
  ): Promise<Enqueued> {
    return this.#acceptor.accept(functionName, qualifier, event, options)
  }

  get(id: CallId): Promise<CallStatus | null> {
    return this.#options.log.get(id)
  }

  list(filter: CallFilter, cursor: string | null, limit: number): Promise<CallPage> {
    return this.#options.log.list(filter, cursor, limit)
  }

  async waitForEnd(id: CallId, timeoutMs: number, signal: AbortSignal): Promise<CallStatus | null> {
    // Before it is looked at: else it might end between.
    const wait = this.#waiters.wait(id, timeoutMs, signal)
    try {
      const status = await this.get(id)
      if (status === null || status.end !== null) return status
      await wait.over
      return await this.get(id)
    } finally {
      wait.leave()
    }
  }

  async stop(id: CallId): Promise<'stopped' | 'stopping'> {
    const { log, functions } = this.#options
    const { call, progress } = await this.#require(id, 'stop')
    const settings = this.#loop.settingsOf(call.functionName)
    const end: CallEnd = { state: 'Stopped', reason: null, endedAtMs: log.nowMs(), progress, result: null }
    const follow = destinationsOf(call, end, settings, functions)
    const { resultRetentionMs } = settings ?? usualAsync
    const isNew = this.#loop.markStopping(id)
    try {
      const state = await log.stop(id, resultRetentionMs, follow.calls)
      if (state === 'stopping') {
        this.#loop.stopRunning(id)
        return state
      }
      this.#stopped(call, end, follow)
    } catch (error) {
      if (isNew) this.#loop.unmarkStopping(id)
      throw error
    }
    this.#loop.unmarkStopping(id)
    this.#waiters.ended(id)
    return 'stopped'
  }

  async redrive(id: CallId): Promise<void> {
    await this.#redrive(await this.#require(id, 'redrive'))
  }

  redriveAll(
    filter: EndedFilter,
    onPage: (progress: BulkProgress) => void,
    signal: AbortSignal,
  ): Promise<BulkProgress> {
    return changeEach(this.#options.log, filter, (status) => this.#redrive(status), { onPage, signal })
  }

  remove(id: CallId): Promise<void> {
    return this.#options.log.remove(id)
  }

  purge(
    filter: EndedFilter,
    onPage: (progress: BulkProgress) => void,
    signal: AbortSignal,
  ): Promise<BulkProgress> {
    return changeEach(this.#options.log, filter, ({ call }) => this.remove(call.id), { onPage, signal })
  }

  pause(functionName: string): Promise<void> {
    return this.#options.log.pause(functionName)
  }

  async resume(functionName: string): Promise<void> {
    await this.#options.log.resume(functionName)
    this.#loop.pump()
  }

  holds(functionName: string, version: VersionLabel | null): Promise<number> {
    return this.#options.log.holds(functionName, version)
  }

  stats(): RetryLogStats {
    return this.#options.log.stats()
  }

  metrics(): DeliveryMetrics {
    return this.#counters.toMetrics(this.#loop.state)
  }

  async #redrive({ call }: CallStatus): Promise<void> {
    const { log, functions } = this.#options
    const { id, functionName, qualifier, version, event } = call
    // A post runs no version.
    await log.redrive(id, event.kind === 'post' ? version : functions.pick(functionName, qualifier))
    this.#counters.redrives++
    this.#loop.pump()
  }

  /** A waiting call: the log has taken a branch of the ladder. */
  #stopped(call: Call, end: CallEnd, follow: Follow): void {
    const { observer } = this.#options
    const decision: Decision = { kind: 'end', branch: 'stopped', attempt: null, end }
    this.#counters.decided(decision)
    this.#counters.followed(follow)
    observer.decided(call, decision)
    if (follow.lost !== null) observer.destinationLost(call, follow.lost)
  }

  async #require(id: CallId, purpose: string): Promise<CallStatus> {
    const status = await this.get(id)
    if (status !== null) return status
    throw new IsoletteError(
      'invocation_not_found',
      `Cannot ${purpose} invocation ${JSON.stringify(id.slice(0, 100))}: it is not known`,
    )
  }

  #sweepLater(): void {
    const { timers, log, observer } = this.#options
    this.#cancelSweep = timers.after(sweepEveryMs, () => {
      // What it could not remove is there the next time.
      log.sweep().catch((error) => {
        if (!(error instanceof IsoletteError && error.code === 'retry_log_unavailable')) {
          observer.fault(error, null)
        }
      })
      this.#sweepLater()
    })
  }
}
