import { outOfMemoryKills } from './process-memory.ts'
import type { WorkerEnd } from './worker-process.ts'

/** By which V8 and native code end a process that cannot go on. */
const crashSignals = new Set<NodeJS.Signals | null>([
  'SIGABRT',
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGTRAP',
  'SIGFPE',
])

/**
 * Tells the ends of workers that a guest may have brought about from those that somebody else did: an operator's
 * SIGKILL must not put the version that ran last into quarantine.
 */
export class CrashCause {
  readonly #outOfMemoryKills: () => number | null
  #killsBefore: number | null

  /** The count since the machine began; null where it is not told. */
  constructor(countKills: () => number | null = outOfMemoryKills) {
    this.#outOfMemoryKills = countKills
    this.#killsBefore = countKills()
  }

  /** To be asked once for each worker that ended unasked, when it did. */
  isGuest({ signal, killedFor }: WorkerEnd): boolean {
    if (killedFor !== null) return killedFor === 'silent' || killedFor === 'memory'
    if (signal === 'SIGKILL') return this.#kernelHasKilled()
    return crashSignals.has(signal)
  }

  #kernelHasKilled(): boolean {
    const before = this.#killsBefore
    this.#killsBefore = this.#outOfMemoryKills()
    return before !== null && this.#killsBefore !== null && this.#killsBefore > before
  }
}
