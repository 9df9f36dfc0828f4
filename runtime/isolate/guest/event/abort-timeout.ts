import { monotonicMs } from '../host.ts'
import { armTimer, disarmTimer, reserveTimer, type Timer } from '../timer/timers.ts'
import { entryCount } from '../timer/turn.ts'

/** The time after which a signal aborts. It costs a timer only while it is armed. */
export class AbortTimeout {
  readonly #timer: Timer
  /** When it was last asked: within one entry the answer does not change, as time does not come in the middle of a task. */
  #askedInEntry = entryCount()

  constructor(delayMs: number, run: () => void) {
    this.#timer = reserveTimer(delayMs, run)
  }

  arm(isArmed: boolean): void {
    if (isArmed) armTimer(this.#timer)
    else disarmTimer(this.#timer)
  }

  /** Whether its time has come and no timer will say so. */
  isOver(): boolean {
    if (this.#timer.heapIndex !== -1 || this.#askedInEntry === entryCount()) return false
    this.#askedInEntry = entryCount()
    return monotonicMs() >= this.#timer.dueMs
  }
}
