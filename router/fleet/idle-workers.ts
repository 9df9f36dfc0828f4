import type { Logger } from 'pino'
import { type IdleObservation, IdleReplacement } from './idle-replacement.ts'
import { privateMemoryMiB } from './process-memory.ts'
import type { WorkerProcess } from './worker-process.ts'

export interface IdleWorkersOptions {
  readonly budgetMiB: number
  /** See `IdleReplacement`. */
  readonly afterMs: number
  /** Replaces the worker of a place gracefully. */
  readonly replace: (index: number) => Promise<void>
  /** Whether workers may be replaced just now. */
  readonly mayReplace: () => boolean
  readonly log: Logger
}

/** Replaces workers that are idle and whose memory stays high, one at a time. */
export class IdleWorkers {
  readonly #options: IdleWorkersOptions
  readonly #replacement: IdleReplacement
  #isReplacing = false

  constructor(options: IdleWorkersOptions) {
    this.#options = options
    this.#replacement = new IdleReplacement({ ...options, nowMs: () => performance.now() })
  }

  /**
   * Asks workers what they have counted, so that little of it is missing when one ends without a word, and replaces one if
   * it is time for that. To be called every few seconds; never rejects.
   */
  async look(workers: readonly WorkerProcess[]): Promise<void> {
    const observations = await Promise.all(workers.map(observe))
    if (this.#isReplacing || !this.#options.mayReplace()) return
    const ready = observations.filter((_, place) => workers[place]!.state === 'ready')
    const index = this.#replacement.choose(ready)
    if (index === null) return
    const { memoryMiB, expectedMiB } = ready.find((one) => one.index === index)!
    const { log } = this.#options
    log.info({ worker: index, memoryMiB, expectedMiB }, 'idle worker is replaced, for its memory stays high')
    this.#isReplacing = true
    try {
      await this.#options.replace(index)
    } catch (error) {
      log.error({ worker: index, err: error }, 'worker not replaced')
    } finally {
      this.#isReplacing = false
    }
  }
}

async function observe(worker: WorkerProcess): Promise<IdleObservation> {
  const before = worker.lastMetrics
  const metrics = await worker.metrics()
  // One that did not answer has too much to do.
  const isIdle =
    metrics !== null &&
    metrics !== before &&
    !metrics.isBusy &&
    metrics.residentInstances <= metrics.provisionedReady
  const { index, pid, readyMemoryMiB } = worker
  const expectedMiB = (readyMemoryMiB ?? Number.POSITIVE_INFINITY) + (metrics?.instanceMemoryMiB ?? 0)
  return { index, pid, isIdle, memoryMiB: privateMemoryMiB(pid), expectedMiB }
}
