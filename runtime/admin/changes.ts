import type { Change } from '../registry/registry.ts'
import type { Fleet } from './fleet.ts'

/** How many of the live workers serve a change. */
export interface Spread {
  readonly applied: number
  readonly live: number
}

export interface Changed<T> {
  readonly value: T
  /** Null if nothing changed, so that there was nothing to send. */
  readonly workers: Spread | null
}

/**
 * Carries out the registry's changes one after the other. A worker passes over a delta that is older than what it
 * holds, so deltas must leave in the order of their revisions: the next change begins when the last one's delta is on
 * its way. Waiting until workers have applied it holds up nobody.
 */
export class Changes {
  readonly #fleet: Pick<Fleet, 'broadcast'>
  #last: Promise<unknown> = Promise.resolve()

  constructor(fleet: Pick<Fleet, 'broadcast'>) {
    this.#fleet = fleet
  }

  /** Resolves when all live workers have the change, or after 2 s. Throws what `make` throws; then nothing is sent. */
  async run<T>(make: () => Promise<Change<T>>): Promise<Changed<T>> {
    const made = this.#last.then(async () => {
      const change = await make()
      return {
        value: change.value,
        spreading: change.delta === null ? null : this.#fleet.broadcast(change.delta),
      }
    })
    this.#last = made.catch(() => {})
    const { value, spreading } = await made
    return { value, workers: await spreading }
  }
}
