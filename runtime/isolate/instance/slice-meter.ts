// The global of that name is an accessor.
import { performance } from 'node:perf_hooks'

/** What the CPU time of slices is measured with. */
export interface ThreadClock {
  /** Monotonic. */
  readonly nowMs: () => number
  /** CPU time of the caller's thread. Two system calls: one and a half microseconds, up to six if they were not made for long. */
  readonly threadMs: () => number
}

/** The clock of the thread that asks. */
export const threadClock: ThreadClock = {
  nowMs: () => performance.now(),
  threadMs: () => {
    // Linux brings a thread's account up to date at its timer's ticks, milliseconds apart, and when all threads are asked for.
    process.cpuUsage()
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  },
}

/** How old the last look at the thread's CPU may be when a slice begins: so much too much may be taken for the slice's. */
const lookEveryMs = 2
/** What passes in a slice that is shorter stands for its CPU: asking would cost up to a percent of it, and more. */
const shortMs = 0.5

/**
 * Measures how much CPU each entry into an isolate takes, with what the host does for the guest meanwhile.
 *
 * `isolate.cpuTime` goes on while the thread waits for its core (isolated-vm's binaries read the monotonic clock), and on
 * a busy machine requests would pay for what others compute. So do two looks at a clock, but these cost nothing: only a
 * slice that seems long is compared with what the thread has used since a look shortly before it, less what slices were
 * charged meanwhile.
 */
export class SliceMeter {
  readonly #clock: ThreadClock
  #startMs = 0
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #lookedCpuMs = 0
  /** What slices took since the last look. */
  #takenMs = 0

  constructor(clock: ThreadClock) {
    this.#clock = clock
  }

  /** The thread is about to enter an isolate. One slice at a time. */
  begin(): void {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#lookedAtMs >= lookEveryMs) this.#look(nowMs)
    this.#startMs = nowMs
  }

  /** The thread has left the isolate. Returns what the slice took of the CPU, in milliseconds. */
  end(): number {
    const nowMs = this.#clock.nowMs()
    const passedMs = nowMs - this.#startMs
    if (passedMs < shortMs) {
      this.#takenMs += passedMs
      return passedMs
    }
    const beforeMs = this.#lookedCpuMs + this.#takenMs
    this.#look(nowMs)
    return Math.min(passedMs, Math.max(0, this.#lookedCpuMs - beforeMs))
  }

  #look(nowMs: number): void {
    this.#lookedAtMs = nowMs
    this.#lookedCpuMs = this.#clock.threadMs()
    this.#takenMs = 0
  }
}
