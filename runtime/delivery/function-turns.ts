import { type AsyncSettings, asyncBounds } from '../model/async-settings.ts'
import type { CallRunner } from './call-runner.ts'
import type { Flights } from './flights.ts'

/**
 * A function may run so many times what there is room for besides, but for one place. So some room is always left for
 * functions that run nothing, however long others run: one takes 8/9 of it, two take 16/17.
 */
const timesRoom = 8

/**
 * Which functions may begin another attempt: those that run fewer than their `async.concurrency`, over all workers, and
 * that leave room for others.
 */
export class FunctionTurns {
  readonly #flights: Flights
  readonly #runner: Pick<CallRunner, 'room'>
  readonly #settingsOf: (functionName: string) => AsyncSettings | null

  constructor(
    flights: Flights,
    runner: Pick<CallRunner, 'room'>,
    settingsOf: (functionName: string) => AsyncSettings | null,
  ) {
    this.#flights = flights
    this.#runner = runner
    this.#settingsOf = settingsOf
  }

  /** As it is now. */
  forNow(): (functionName: string) => boolean {
    const { room } = this.#runner
    return (functionName) => this.#hasTurn(functionName, this.#flights.runningOf(functionName), room)
  }

  /** For one claim, which takes a call each time that this says yes. */
  forClaim(): (functionName: string) => boolean {
    const taken = new Map<string, number>()
    let { room } = this.#runner
    return (functionName) => {
      const others = taken.get(functionName) ?? this.#flights.runningOf(functionName)
      if (!this.#hasTurn(functionName, others, room)) return false
      taken.set(functionName, others + 1)
      room--
      return true
    }
  }

  #hasTurn(functionName: string, running: number, room: number): boolean {
    if (running > timesRoom * (room - 1) || this.#flights.isTooMuch(functionName)) return false
    // Calls of a function that is gone are claimed too: to end.
    return running < (this.#settingsOf(functionName)?.concurrency ?? asyncBounds.concurrency.default)
  }
}
