import { type AsyncSettings, usualAsync } from '../model/async-settings.ts'
import { IsoletteError } from '../model/errors.ts'
import type { RetryLog } from '../retry-log/retry-log.ts'
import type { CallFunctions } from './call-functions.ts'
import type { DeliveryCounters } from './delivery-counters.ts'
import type { DeliveryObserver } from './delivery-observer.ts'
import { destinationsOf, type Follow } from './destinations.ts'
import type { Flight } from './flight.ts'
import type { Decision } from './ladder.ts'
import type { LogHealth } from './log-health.ts'

export interface SettlementOptions {
  readonly log: RetryLog
  readonly health: LogHealth
  readonly functions: CallFunctions
  readonly settingsOf: (functionName: string) => AsyncSettings | null
  readonly counters: DeliveryCounters
  readonly observer: DeliveryObserver
  /** What is to become of the call, said anew for each time that it is written. */
  readonly decide: (flight: Flight) => Decision
  /** It may be run: nothing is to be written. */
  readonly onRun: (flight: Flight, decision: Decision) => void
  /** It stands in the log (the decision), or is not ours any more (null). */
  readonly onSettled: (flight: Flight, decision: Decision | null) => void
}

/** Tells the log what became of calls. What it cannot take now is held, and tried again when it can. */
export class Settlement {
  readonly #options: SettlementOptions
  #held: Flight[] = []

  constructor(options: SettlementOptions) {
    this.#options = options
  }

  /** Decisions that the log failed to take. */
  get held(): number {
    return this.#held.length
  }

  settle(flight: Flight): void {
    const { observer, onRun, onSettled } = this.#options
    let written: Promise<boolean>
    let decision: Decision
    let follow: Follow
    const { lease } = flight
    try {
      decision = this.#options.decide(flight)
      if (decision.kind === 'run') {
        onRun(flight, decision)
        return
      }
      const { functionName } = flight.call
      const settings = this.#options.settingsOf(functionName)
      follow =
        decision.kind === 'end'
          ? destinationsOf(flight.call, decision.end, settings, this.#options.functions)
          : noFollow
      written = this.#write(flight, decision, follow, settings ?? usualAsync)
    } catch (error) {
      observer.fault(error, flight.call.id)
      onSettled(flight, null)
      return
    }
    written.then(
      (isTaken) => {
        this.#options.health.works()
        if (isTaken) this.#taken(flight, decision, follow)
        // It was lost, but this process has claimed the call anew while it ran: what came of it holds.
        else if (flight.lease !== lease) this.settle(flight)
        else {
          this.#options.counters.lateSettles++
          onSettled(flight, null)
        }
      },
      (error) => this.#failed(flight, error),
    )
  }

  /** Tries one of those that are held; if the log takes it, `retryAll` is to be called. False = none is held. */
  probe(): boolean {
    const first = this.#held.shift()
    if (first === undefined) return false
    this.settle(first)
    return true
  }

  retryAll(): void {
    const held = this.#held
    this.#held = []
    for (const flight of held) this.settle(flight)
  }

  #write(flight: Flight, decision: Decision, follow: Follow, settings: AsyncSettings): Promise<boolean> {
    const { log } = this.#options
    if (decision.kind === 'again') return log.reschedule(flight.lease, decision.dueAtMs, decision.progress)
    if (decision.kind !== 'end') throw new TypeError('Cannot settle a call that is to run')
    const { end } = decision
    return isDeadLetter(decision, follow)
      ? log.deadLetter(flight.lease, end, settings.deadLetterRetentionMs, follow.calls)
      : log.complete(flight.lease, end, settings.resultRetentionMs, follow.calls)
  }

  #taken(flight: Flight, decision: Decision, follow: Follow): void {
    const { counters, observer, onSettled } = this.#options
    counters.decided(decision)
    observer.decided(flight.call, decision)
    if (decision.kind === 'end') {
      counters.followed(follow)
      if (isDeadLetter(decision, follow)) counters.buried(decision.end.reason!)
      if (follow.lost !== null) observer.destinationLost(flight.call, follow.lost)
    }
    onSettled(flight, decision)
  }

  #failed(flight: Flight, error: unknown): void {
    const { health, observer, onSettled } = this.#options
    if (error instanceof IsoletteError && error.code === 'retry_log_unavailable') {
      this.#held.push(flight)
      health.failed(error)
      return
    }
    observer.fault(error, flight.call.id)
    onSettled(flight, null)
  }
}

const noFollow: Follow = { calls: [], lost: null }

/** Failures that no destination takes over stay where a person finds them. */
function isDeadLetter(decision: Extract<Decision, { kind: 'end' }>, follow: Follow): boolean {
  return decision.end.reason !== null && follow.calls.length === 0
}
