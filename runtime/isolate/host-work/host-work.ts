import { HostWorkLane } from './host-work-lane.ts'
import { HostWorkMeter, type WorkClock } from './host-work-meter.ts'

/** Who has work done on the host's threads. */
export interface WorkAccount {
  /** The function, under a name that no other has in the process: it has its bound, and takes turns with the others. */
  readonly functionKey: string
  /** CPU time of the work, in parts, while it runs. */
  charge(cpuMs: number): void
  /** Why no more of its work may begin; null = it may. */
  refusal(): string | null
}

/** Work that may not begin: its account says why. */
export class WorkRefused extends Error {}

export interface WorkOptions {
  /** `short`: over within a millisecond or so. `long`: may take hundreds of them. */
  readonly lane: 'short' | 'long'
  /** Gives work up that has not begun. */
  readonly signal: AbortSignal
}

/** Short work is mostly over before the event loop learns of it: it must not pay for half of what long work takes. */
const weights = { short: 1, long: 8 } as const

/**
 * The work that the instances of a process have done on libuv's threads: nothing of it can be stopped, so only so much
 * of it runs at once.
 *
 * libuv has four threads, and looking a name up or reading a file needs one too: long work holds three of them at most,
 * that of one function two. Short work is not held up by it, and may wait at the threads for its like, or these would
 * be idle for a turn of the event loop after each piece.
 */
export class HostWork {
  readonly #meter: HostWorkMeter
  readonly #lanes = {
    short: new HostWorkLane({ maxAtOnce: 64, maxPerFunction: 16 }),
    long: new HostWorkLane({ maxAtOnce: 3, maxPerFunction: 2 }),
  }

  constructor(clock: WorkClock) {
    this.#meter = new HostWorkMeter(clock)
  }

  /**
   * Does the work when it is its turn, and charges what it takes.
   *
   * Rejects with the signal's reason if it aborts while the work waits, and with `WorkRefused`.
   */
  run<T>(account: WorkAccount, { lane, signal }: WorkOptions, work: () => Promise<T>): Promise<T> {
    return this.#lanes[lane].run(account.functionKey, signal, async () => {
      const refusal = account.refusal()
      if (refusal !== null) throw new WorkRefused(refusal)
      const end = this.#meter.begin({
        weight: weights[lane],
        charge: (cpuMs) => account.charge(cpuMs),
      })
      try {
        return await work()
      } finally {
        end()
      }
    })
  }
}
