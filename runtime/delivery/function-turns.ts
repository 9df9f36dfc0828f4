import { type AsyncSettings, asyncBounds } from '../model/async-settings.ts'
import type { Flights } from './flights.ts'

/** Which functions may begin another attempt: those that run fewer than their `async.concurrency`, over all workers. */
export class FunctionTurns {
  readonly #flights: Flights
  readonly #settingsOf: (functionName: string) => AsyncSettings | null

  constructor(flights: Flights, settingsOf: (functionName: string) => AsyncSettings | null) {
    this.#flights = flights
    this.#settingsOf = settingsOf
  }

  readonly hasTurn = (functionName: string): boolean =>
    this.#flights.runningOf(functionName) < this.#concurrencyOf(functionName)

  /** For one claim, which takes a call each time that this says yes. */
  forClaim(): (functionName: string) => boolean {
    const taken = new Map<string, number>()
    return (functionName) => {
      const others = taken.get(functionName) ?? this.#flights.runningOf(functionName)
      if (others >= this.#concurrencyOf(functionName)) return false
      taken.set(functionName, others + 1)
      return true
    }
  }

  /** Calls of a function that is gone are claimed too: to end. */
  #concurrencyOf(functionName: string): number {
    return this.#settingsOf(functionName)?.concurrency ?? asyncBounds.concurrency.default
  }
}
