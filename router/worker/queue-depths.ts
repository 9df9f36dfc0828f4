import type { QueueDepth } from '../protocol.ts'

/** What one worker knows of the calls of a function that have not ended. */
interface Known {
  /** As the supervisor counted them when this worker had appended `toldTotal`. */
  open: number
  toldTotal: number
  /** What this worker has appended since it began. */
  total: number
  /** What it is appending. */
  pending: number
}

/**
 * How many calls of each function have not ended, as far as one worker can know: what the supervisor told, and what the
 * worker itself accepted since. With one worker it is never less than there are; of what others accept meanwhile, each
 * worker learns a little later.
 */
export class QueueDepths {
  readonly #known = new Map<string, Known>()

  /** Takes a place for a call; false = there are `max` already. What was taken is to be given to `appended` or `dropped`. */
  take(functionName: string, max: number): boolean {
    const known = this.#of(functionName)
    if (known.open + known.total - known.toldTotal + known.pending >= max) return false
    known.pending++
    return true
  }

  /** It is in the log. Returns how many of the function's calls this worker has appended since it began. */
  appended(functionName: string): number {
    const known = this.#of(functionName)
    known.pending--
    known.total++
    return known.total
  }

  /** It did not get there. */
  dropped(functionName: string): void {
    this.#of(functionName).pending--
  }

  tell({ functionName, open, total }: QueueDepth): void {
    const known = this.#of(functionName)
    known.open = open
    known.toldTotal = total
  }

  #of(functionName: string): Known {
    let known = this.#known.get(functionName)
    if (known === undefined) {
      known = { open: 0, toldTotal: 0, total: 0, pending: 0 }
      this.#known.set(functionName, known)
    }
    return known
  }
}
