import type { AsyncSettings } from '../model/async-settings.ts'
import type { CallId } from '../model/call.ts'
import type { Claimed, RetryLog } from '../retry-log/retry-log.ts'
import { Attempts } from './attempts.ts'
import type { CallFunctions } from './call-functions.ts'
import type { CallRunner } from './call-runner.ts'
import type { DeliveryCounters } from './delivery-counters.ts'
import type { DeliveryObserver } from './delivery-observer.ts'
import { type Flight, newFlight } from './flight.ts'
import { Flights } from './flights.ts'
import { FunctionTurns } from './function-turns.ts'
import { type Decision, decideAfter, decideBefore } from './ladder.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { LogHealth } from './log-health.ts'
import { RecentSettings } from './recent-settings.ts'
import { Settlement } from './settlement.ts'
import type { Timers } from './timers.ts'

/** One commit each; while one is written, what the next may take comes together. */
const maxClaimed = 256
/** If the log says that something is due and gives nothing. */
const emptyHandedMs = 50

export interface DeliveryLoopOptions {
  readonly log: RetryLog
  readonly runner: CallRunner
  readonly functions: CallFunctions
  readonly timers: Timers
  /** 0 ≤ `random()` < 1. */
  readonly random: () => number
  readonly counters: DeliveryCounters
  readonly observer: DeliveryObserver
  readonly onEnded: (id: CallId) => void
}

/** Claims what is due while there is room, has it run, and settles what came of it. */
export class DeliveryLoop {
  readonly #options: DeliveryLoopOptions
  readonly #settings: RecentSettings
  readonly #flights = new Flights()
  readonly #turns: FunctionTurns
  readonly #health: LogHealth
  readonly #settlement: Settlement
  readonly #leases: LeaseKeeper
  readonly #attempts: Attempts
  /** Calls that were told to end and have not. */
  readonly #stopping = new Set<CallId>()
  #isOpen = false
  #isClaiming = false
  #isPumpWaiting = false
  #wake: { readonly atMs: number; readonly cancel: () => void } | null = null
  #unsubscribe: (() => void) | null = null
  #onIdle: (() => void) | null = null

  constructor(options: DeliveryLoopOptions) {
    this.#options = options
    const { log, runner, functions, counters, observer, timers } = options
    this.#settings = new RecentSettings(
      (name) => functions.settingsOf(name),
      () => log.nowMs(),
    )
    this.#turns = new FunctionTurns(this.#flights, runner, (name) => this.#settings.of(name))
    this.#health = new LogHealth({
      timers,
      onChanged: (failure) => this.#logChanged(failure),
      probe: () => {
        if (!this.#settlement.probe()) this.#claim()
      },
    })
    this.#leases = new LeaseKeeper({
      ...{ log, timers },
      flights: this.#flights,
      health: this.#health,
      settingsOf: (name) => this.#settings.of(name),
    })
    this.#attempts = new Attempts({
      ...{ log, runner, counters },
      flights: this.#flights,
      onUndecided: (flight) => {
        this.#settlement.settle(flight)
        this.pump()
      },
    })
    this.#settlement = new Settlement({
      ...{ log, functions, counters, observer },
      health: this.#health,
      settingsOf: (name) => this.#settings.of(name),
      decide: (flight) => this.#decide(flight),
      onRun: (flight, decision) => this.#attempts.run(flight, decision),
      onSettled: (flight, decision) => this.#settled(flight, decision),
    })
  }

  get state(): { running: number; unsettled: number; held: number; failure: string | null } {
    const { size, running } = this.#flights
    const { held } = this.#settlement
    return { running, unsettled: size - running, held, failure: this.#health.failure }
  }

  start(): void {
    const { log, runner } = this.#options
    this.#isOpen = true
    this.#unsubscribe = log.onAppended(() => this.pump())
    runner.onRoom(() => this.pump())
    this.#leases.start()
    this.pump()
  }

  settingsOf(functionName: string): AsyncSettings | null {
    return this.#settings.of(functionName)
  }

  /** Something may have become due, or there may be room for it. */
  pump(): void {
    if (this.#isPumpWaiting || !this.#isOpen) return
    this.#isPumpWaiting = true
    // All that comes in one turn first: results arrive many at once, and a claim for each would cost a commit each.
    queueMicrotask(() => {
      this.#isPumpWaiting = false
      if (this.#health.failure === null) this.#claimIfDue()
    })
  }

  /**
   * The call is to end, whether it runs or is about to. To be said before the log is told, lest it be tried again. False = it
   * was before.
   */
  markStopping(id: CallId): boolean {
    const isNew = !this.#stopping.has(id)
    this.#stopping.add(id)
    return isNew
  }

  /** It is not to end after all, or has. */
  unmarkStopping(id: CallId): void {
    this.#stopping.delete(id)
  }

  /** Has a call end that runs and is marked. */
  stopRunning(id: CallId): void {
    this.#attempts.stop(id)
  }

  /** Begins no more. Resolves when all that runs is settled, or after `graceMs`; what is left then is free at the next start. */
  async drain(graceMs: number): Promise<void> {
    this.#isOpen = false
    this.#unsubscribe?.()
    this.#disarm()
    for (const flight of this.#attempts.takeWaiting()) this.#putBack(flight)
    if (this.#flights.size > 0 || this.#isClaiming) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onIdle = resolve
      const cancel = this.#options.timers.after(graceMs, resolve)
      await promise
      cancel()
    }
    this.#attempts.close()
    this.#leases.close()
    this.#health.close()
  }

  #claimIfDue(): void {
    this.#attempts.giveWaiting()
    if (this.#isClaiming || !this.#isOpen || this.#room() <= 0) return
    const { log } = this.#options
    const dueMs = log.nextDueMs(this.#turns.forNow())
    if (dueMs === null) this.#disarm()
    else if (dueMs <= log.nowMs()) this.#claim()
    else this.#wakeAt(dueMs)
  }

  #room(): number {
    return Math.min(maxClaimed, this.#options.runner.room, this.#flights.room)
  }

  /** Also while the log fails: then it is how that is found out. */
  #claim(): void {
    if (this.#isClaiming || !this.#isOpen) return
    this.#isClaiming = true
    this.#disarm()
    const { log, observer } = this.#options
    log.claim(Math.max(0, this.#room()), this.#leases.leaseMs, this.#turns.forClaim()).then(
      (claimed) => {
        this.#isClaiming = false
        this.#health.works()
        for (const one of claimed) {
          try {
            if (this.#isOpen) this.#take(one)
            else this.#putBack(one)
          } catch (error) {
            // A record that is not what it was written as must not end the process, or it would again at each start.
            observer.fault(error, one.call.id)
          }
        }
        if (claimed.length > 0) this.pump()
        else if (this.#isOpen) this.#wakeAt(log.nowMs() + emptyHandedMs)
        this.#tellIfIdle()
      },
      (error) => {
        this.#isClaiming = false
        this.#health.failed(error)
        this.#tellIfIdle()
      },
    )
  }

  #take(claimed: Claimed): void {
    const { call, lease } = claimed
    const leaseEndsAtMs = this.#options.log.nowMs() + this.#leases.leaseMs(call.functionName)
    const running = this.#flights.get(call.id)
    if (claimed.isStopping) this.markStopping(call.id)
    if (running === undefined) {
      const flight = newFlight(claimed, leaseEndsAtMs)
      this.#flights.add(flight)
      this.#settlement.settle(flight)
    } else {
      // Its lease was lost while it runs here: the new one is for the same attempt.
      running.lease = lease
      running.leaseEndsAtMs = leaseEndsAtMs
    }
  }

  /** It was not begun, and is not to be: else its history would say at the next start that it was cut. */
  #putBack({ lease, progress, call }: Pick<Flight, 'lease' | 'progress' | 'call'>): void {
    // A stop that the log has taken would be forgotten.
    if (this.#stopping.has(call.id)) return
    const { log } = this.#options
    // What cannot be written is free at the next start all the same.
    log.reschedule(lease, log.nowMs(), progress).catch(() => {})
  }

  #decide({ call, progress, result, startedAtMs }: Flight): Decision {
    const situation = {
      call,
      progress,
      settings: this.#settings.of(call.functionName),
      isStopping: this.#stopping.has(call.id),
      nowMs: this.#options.log.nowMs(),
      random: this.#options.random(),
    }
    return result === null ? decideBefore(situation) : decideAfter({ ...situation, result, startedAtMs })
  }

  #settled(flight: Flight, decision: Decision | null): void {
    const { id } = flight.call
    this.#flights.remove(flight)
    this.#stopping.delete(id)
    if (decision?.kind === 'end') this.#options.onEnded(id)
    this.pump()
    this.#tellIfIdle()
  }

  #tellIfIdle(): void {
    if (this.#flights.size === 0 && !this.#isClaiming) this.#onIdle?.()
  }

  #logChanged(failure: string | null): void {
    this.#options.observer.logFailed(failure)
    if (failure !== null) return
    this.#settlement.retryAll()
    this.#leases.check()
    this.pump()
  }

  #wakeAt(atMs: number): void {
    if (this.#wake?.atMs === atMs) return
    this.#disarm()
    const { log, timers } = this.#options
    const cancel = timers.after(Math.max(0, atMs - log.nowMs()), () => {
      this.#wake = null
      this.pump()
    })
    this.#wake = { atMs, cancel }
  }

  #disarm(): void {
    this.#wake?.cancel()
    this.#wake = null
  }
}
