/** One worker, as it was found by a look at all of them. */
export interface IdleObservation {
  /** Its place in the fleet. */
  readonly index: number
  readonly pid: number
  /** It serves nothing, and has no instances but those that are to be ready. */
  readonly isIdle: boolean
  /** Memory in use that is nobody else's, in MiB; null = unknown. */
  readonly memoryMiB: number | null
  /** That it had when it became ready, and what its instances take now. */
  readonly expectedMiB: number
}

export interface IdleReplacementOptions {
  /** Of each worker. */
  readonly budgetMiB: number
  /** How long a worker must have been idle with too much memory. */
  readonly afterMs: number
  readonly nowMs: () => number
}

/** Times of what an idle worker should need: some of what instances needed stays with the process for the next ones. */
const tooMuch = 2
/** Between two replacements at one place; twice as long after each that did not help. */
const firstRestMs = 5 * 60_000
const maxRestMs = 60 * 60_000

interface Place {
  pid: number
  /** Since when it has been idle with too much memory; null = it is not. */
  sinceMs: number | null
  /** The process was seen with no more memory than it should have. */
  wasFine: boolean
  restMs: number
  notBeforeMs: number
}

/**
 * Decides which idle worker is replaced because its memory stays high: what instances leave behind when they are disposed
 * goes back to the system only in part, all of it when the process ends.
 */
export class IdleReplacement {
  readonly #options: IdleReplacementOptions
  readonly #places = new Map<number, Place>()

  constructor(options: IdleReplacementOptions) {
    this.#options = options
  }

  /** Takes notice of all workers that serve, and returns the place of the one that is to be replaced now; null = none. */
  choose(workers: readonly IdleObservation[]): number | null {
    const { afterMs, nowMs } = this.#options
    let chosen: Place | null = null
    let index: number | null = null
    for (const worker of workers) {
      const place = this.#note(worker)
      if (place.sinceMs === null || nowMs() - place.sinceMs < afterMs || nowMs() < place.notBeforeMs) continue
      // The one that waits for the longest time, so that all have their turn.
      if (chosen !== null && chosen.sinceMs! <= place.sinceMs) continue
      chosen = place
      index = worker.index
    }
    if (chosen !== null) this.#replaced(chosen)
    return index
  }

  #note({ index, pid, isIdle, memoryMiB, expectedMiB }: IdleObservation): Place {
    let place = this.#places.get(index)
    if (place === undefined) {
      place = { pid, sinceMs: null, wasFine: false, restMs: firstRestMs, notBeforeMs: 0 }
      this.#places.set(index, place)
    }
    if (place.pid !== pid) {
      place.pid = pid
      place.sinceMs = null
      place.wasFine = false
    }
    const isOver = memoryMiB !== null && memoryMiB > this.#mostMiB(expectedMiB)
    if (!isOver) place.wasFine = true
    if (!isOver || !isIdle) place.sinceMs = null
    else place.sinceMs ??= this.#options.nowMs()
    return place
  }

  /** Where the budget is less than a worker needs, another process would be over it as well. */
  #mostMiB(expectedMiB: number): number {
    const { budgetMiB } = this.#options
    return expectedMiB < budgetMiB ? Math.min(budgetMiB, tooMuch * expectedMiB) : tooMuch * expectedMiB
  }

  #replaced(place: Place): void {
    place.restMs = place.wasFine ? firstRestMs : Math.min(maxRestMs, place.restMs * 2)
    place.notBeforeMs = this.#options.nowMs() + place.restMs
    place.sinceMs = null
  }
}
