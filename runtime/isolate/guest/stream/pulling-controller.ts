import { whenSettled } from './promise-steps.ts'
import type { ReadableState } from './readable-state.ts'

/** Where a stream's chunks come from. Neither throws. */
export interface ReadableSource {
  pull(): Promise<unknown>
  cancel(reason: unknown): Promise<unknown>
}

/** What the two controllers of readable streams have in common: when the source is asked for more. */
export abstract class PullingController {
  readonly stream: ReadableState
  readonly #highWaterMark: number
  /** null = never asked again. */
  #source: ReadableSource | null
  #isStarted = false
  #isPulling = false
  #pullsAgain = false
  protected isCloseRequested = false

  constructor(stream: ReadableState, source: ReadableSource, highWaterMark: number) {
    this.stream = stream
    this.#source = source
    this.#highWaterMark = highWaterMark
  }

  /** How much is queued. */
  protected abstract get queuedSize(): number
  /** Whether somebody waits for what the source has. */
  protected abstract get isWaitedFor(): boolean
  protected abstract clearQueue(): void

  /** Asks the source for chunks from when `started` is settled. */
  start(started: Promise<unknown>): void {
    whenSettled(
      started,
      () => {
        this.#isStarted = true
        this.pullIfNeeded()
      },
      (reason) => this.fail(reason),
    )
  }

  get desiredSize(): number | null {
    const { status } = this.stream
    if (status === 'errored') return null
    return status === 'closed' ? 0 : this.#highWaterMark - this.queuedSize
  }

  /** Whether it takes more chunks. */
  get canEnqueue(): boolean {
    return !this.isCloseRequested && this.stream.status === 'readable'
  }

  /** Whether the source should bring more. */
  get shouldPull(): boolean {
    if (!this.canEnqueue || !this.#isStarted) return false
    return this.isWaitedFor || this.#highWaterMark - this.queuedSize > 0
  }

  pullIfNeeded(): void {
    if (!this.shouldPull) return
    if (this.#isPulling) {
      this.#pullsAgain = true
      return
    }
    this.#isPulling = true
    whenSettled(this.#source!.pull(), this.#onPulled, this.#onPullFailed)
  }

  readonly #onPulled = (): void => {
    this.#isPulling = false
    if (!this.#pullsAgain) return
    this.#pullsAgain = false
    this.pullIfNeeded()
  }

  readonly #onPullFailed = (reason: unknown): void => this.fail(reason)

  /** All was read. */
  protected end(): void {
    this.forgetSource()
    this.stream.close()
  }

  /** Nothing happens if the stream has ended. */
  fail(reason: unknown): void {
    if (this.stream.status !== 'readable') return
    this.clearQueue()
    this.forgetSource()
    this.stream.fail(reason)
  }

  cancel(reason: unknown): Promise<unknown> {
    this.clearQueue()
    const answer = this.#source!.cancel(reason)
    this.forgetSource()
    return answer
  }

  protected forgetSource(): void {
    this.#source = null
  }
}
