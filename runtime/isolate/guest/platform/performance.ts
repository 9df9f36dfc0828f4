import { tagClass } from '../boot/class-tag.ts'
import { monotonicMs } from '../host.ts'
import { dateNow } from '../primordials.ts'

/** HR-Time's `Performance`. Time begins with the instance. */
export class Performance {
  readonly #timeOrigin = dateNow() - monotonicMs()

  get timeOrigin(): number {
    return this.#timeOrigin
  }

  now(): number {
    return monotonicMs()
  }

  toJSON(): { timeOrigin: number } {
    return { timeOrigin: this.#timeOrigin }
  }
}

tagClass(Performance, 'Performance')
