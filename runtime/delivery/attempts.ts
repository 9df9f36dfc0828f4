import type { CallId } from '../model/call.ts'
import type { RetryLog } from '../retry-log/retry-log.ts'
import type { CallRunner } from './call-runner.ts'
import type { DeliveryCounters } from './delivery-counters.ts'
import type { Flight } from './flight.ts'
import type { Flights } from './flights.ts'
import type { Decision } from './ladder.ts'

export interface AttemptsOptions {
  readonly log: RetryLog
  readonly runner: CallRunner
  readonly flights: Flights
  readonly counters: DeliveryCounters
  /** Its attempt has ended, or it has waited for room: what becomes of it is to be decided. */
  readonly onUndecided: (flight: Flight) => void
}

/** Gives attempts away. There may be less room than when they were claimed: some wait then, as claimed as they are. */
export class Attempts {
  readonly #options: AttemptsOptions
  readonly #waiting: Flight[] = []
  #isClosed = false

  constructor(options: AttemptsOptions) {
    this.#options = options
  }

  run(flight: Flight, decision: Decision): void {
    const { log, runner, flights, counters } = this.#options
    flights.begin(flight)
    if (runner.room <= 0) {
      this.#waiting.push(flight)
      return
    }
    const { call, progress } = flight
    const { enqueuedAtMs, depth, ageFromMs } = call
    flight.startedAtMs = log.nowMs()
    if (progress.attempts === 0 && progress.setbacks === 0) counters.started(flight.startedAtMs - ageFromMs)
    counters.decided(decision)
    const attempt = { number: progress.attempts + 1, enqueuedAtMs, depth }
    runner.run({ call, attempt }).then((result) => {
      if (this.#isClosed) return
      flight.result = result
      flights.end(flight)
      this.#options.onUndecided(flight)
    })
  }

  /** There may be room. What has waited may have been stopped or grown too old: it is decided anew. */
  giveWaiting(): void {
    const { runner, flights, onUndecided } = this.#options
    while (this.#waiting.length > 0 && runner.room > 0) {
      const flight = this.#waiting.shift()!
      flights.end(flight)
      onUndecided(flight)
    }
  }

  /** Has a call end if it runs. */
  stop(id: CallId): void {
    const flight = this.#options.flights.get(id)
    if (flight?.result === null && flight.startedAtMs > 0) this.#options.runner.stop(id)
  }

  /** Takes out what waits: it never began. */
  takeWaiting(): readonly Flight[] {
    const { flights } = this.#options
    const waiting = this.#waiting.splice(0)
    for (const flight of waiting) {
      flights.end(flight)
      flights.remove(flight)
    }
    return waiting
  }

  /** Nothing is heard any more of attempts that run. */
  close(): void {
    this.#isClosed = true
  }
}
