import type { CallId } from '../model/call.ts'
import { fixedLimits } from '../model/limits.ts'
import type { Flight } from './flight.ts'

/** Most that may be claimed and not settled: what a log that is slow to write may make wait. */
const maxFlights = 10_000
/** From here on only functions go on that take little, a few calls at a time, */
const maxBytes = 64 * 1024 * 1024
const maxClaimedWhenFull = 8
/** and from here on none. */
const maxBytesInAll = 6 * maxBytes

/** All calls that are claimed and not settled, and how many attempts of each function run. */
export class Flights {
  readonly #byId = new Map<CallId, Flight>()
  readonly #runningByFunction = new Map<string, number>()
  readonly #bytesByFunction = new Map<string, number>()
  #bytes = 0
  #running = 0

  get size(): number {
    return this.#byId.size
  }

  /** Attempts that run. */
  get running(): number {
    return this.#running
  }

  /** How many more may be claimed. */
  get room(): number {
    const room = maxFlights - this.#byId.size
    if (this.#bytes < maxBytes) return room
    return this.#bytes < maxBytesInAll ? Math.min(room, maxClaimedWhenFull) : 0
  }

  /** Whether memory is short, and the function has more of it than one call may. */
  isTooMuch(functionName: string): boolean {
    return this.#bytes >= maxBytes && this.#bytesOf(functionName) >= fixedLimits.maxAsyncBytes
  }

  runningOf(functionName: string): number {
    return this.#runningByFunction.get(functionName) ?? 0
  }

  get(id: CallId): Flight | undefined {
    return this.#byId.get(id)
  }

  all(): Iterable<Flight> {
    return this.#byId.values()
  }

  add(flight: Flight): void {
    this.#byId.set(flight.call.id, flight)
    this.#count(flight, flight.bytes)
  }

  /** It is settled, or given up. */
  remove(flight: Flight): void {
    if (this.#byId.delete(flight.call.id)) this.#count(flight, -flight.bytes)
  }

  /** Its attempt begins. */
  begin({ call }: Flight): void {
    this.#running++
    this.#runningByFunction.set(call.functionName, this.runningOf(call.functionName) + 1)
  }

  /** Its attempt has ended. */
  end({ call }: Flight): void {
    this.#running--
    const others = this.runningOf(call.functionName) - 1
    if (others === 0) this.#runningByFunction.delete(call.functionName)
    else this.#runningByFunction.set(call.functionName, others)
  }

  #bytesOf(functionName: string): number {
    return this.#bytesByFunction.get(functionName) ?? 0
  }

  #count({ call: { functionName } }: Flight, bytes: number): void {
    this.#bytes += bytes
    const left = this.#bytesOf(functionName) + bytes
    if (left === 0) this.#bytesByFunction.delete(functionName)
    else this.#bytesByFunction.set(functionName, left)
  }
}
