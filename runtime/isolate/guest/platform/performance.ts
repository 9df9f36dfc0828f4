import { tagClass } from '../boot/class-tag.ts'
import { EventTarget } from '../event/event-target.ts'
import { monotonicMs } from '../host.ts'
import { dateNow, TypeError } from '../primordials.ts'

/** Given to the constructor by the bootstrap, which no guest can name. */
const internal = { __proto__: null }

/** What the global `performance` is. */
export let newPerformance: () => Performance

/** HR-Time's `Performance`. Time begins with the instance. */
export class Performance extends EventTarget {
  readonly #timeOrigin = dateNow() - monotonicMs()

  constructor(key: unknown = null) {
    if (key !== internal) throw new TypeError('Illegal constructor')
    super()
  }

  get timeOrigin(): number {
    return this.#timeOrigin
  }

  now(): number {
    // Shows that `this` is one.
    void this.#timeOrigin
    return monotonicMs()
  }

  toJSON(): { timeOrigin: number } {
    return { timeOrigin: this.#timeOrigin }
  }

  static {
    newPerformance = () => new Performance(internal)
  }
}

tagClass(Performance, 'Performance')
