import type { AsyncSettings } from '../model/async-settings.ts'
import { limitBounds } from '../model/limits.ts'
import type { RetryLog } from '../retry-log/retry-log.ts'
import type { Flight } from './flight.ts'
import type { Flights } from './flights.ts'
import type { LogHealth } from './log-health.ts'
import type { Timers } from './timers.ts'

/**
 * What a lease lasts beyond the longest that its attempt may run: a disk that takes nothing for so long loses none. It may
 * be long, since the calls of a worker or a supervisor that dies are free at once.
 */
const graceMs = 3_600_000
const checkEveryMs = 10_000

export interface LeaseKeeperOptions {
  readonly log: RetryLog
  readonly timers: Timers
  readonly flights: Flights
  readonly health: LogHealth
  readonly settingsOf: (functionName: string) => AsyncSettings | null
}

/** Extends leases of calls that are not settled yet: an attempt may wait in its worker before it runs. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions
  #cancel: (() => void) | null = null

  constructor(options: LeaseKeeperOptions) {
    this.#options = options
  }

  /** How long a lease lasts that is given now. */
  readonly leaseMs = (functionName: string): number =>
    (this.#options.settingsOf(functionName)?.timeoutMs ?? limitBounds.timeoutMs.max) + graceMs

  /** Looks at all now and then, until it is closed. */
  start(): void {
    this.check()
    this.#cancel = this.#options.timers.after(checkEveryMs, () => this.start())
  }

  /** To be called as well when the log can be written again. */
  check(): void {
    const { log, flights } = this.#options
    const nowMs = log.nowMs()
    for (const flight of flights.all()) {
      if (flight.leaseEndsAtMs - nowMs < graceMs) this.#extend(flight)
    }
  }

  close(): void {
    this.#cancel?.()
  }

  #extend(flight: Flight): void {
    const { log, health } = this.#options
    const { lease, call } = flight
    const leaseMs = this.leaseMs(call.functionName)
    const endsAtMs = log.nowMs() + leaseMs
    log.extend(lease, leaseMs).then(
      (isExtended) => {
        if (isExtended && flight.lease === lease) flight.leaseEndsAtMs = endsAtMs
      },
      (error) => health.failed(error),
    )
  }
}
