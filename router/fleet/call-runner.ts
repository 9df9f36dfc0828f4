import type { AttemptResult, CallId, CallRunner, Delivery } from '../../runtime/index.ts'
import type { Flight } from '../flight-recorder.ts'
import type { NumberedDelivery, NumberedResult, ToWorker } from '../protocol.ts'
import { AttemptWindow } from './attempt-window.ts'

/** A worker, as attempts see it. */
export interface AttemptTaker {
  /** It is there to begin new ones. */
  readonly isTaking: boolean
  send(message: ToWorker): void
}

export interface FleetCallRunnerOptions {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  /** How the function picks versions, now; null = it is gone. */
  readonly pinOf: (functionName: string) => 'version' | 'alias' | null
}

interface Given {
  readonly delivery: Delivery
  readonly atMs: number
  readonly settle: (result: AttemptResult) => void
}

/** The attempts of one worker. */
export class WorkerAttempts {
  readonly taker: AttemptTaker
  readonly given = new Map<number, Given>()
  readonly #nowMs: () => number
  readonly #window: AttemptWindow
  #lastNumber = 0
  #batch: NumberedDelivery[] = []

  constructor(taker: AttemptTaker, nowMs: () => number) {
    this.taker = taker
    this.#nowMs = nowMs
    this.#window = new AttemptWindow(nowMs)
  }

  get room(): number {
    return this.taker.isTaking ? Math.max(0, this.#window.count - this.given.size) : 0
  }

  give(delivery: Delivery, settle: (result: AttemptResult) => void): void {
    // Numbers are 32 bits where they are written down.
    this.#lastNumber = (this.#lastNumber + 1) >>> 0
    this.given.set(this.#lastNumber, { delivery, atMs: this.#nowMs(), settle })
    if (this.#batch.length === 0) queueMicrotask(this.#send)
    this.#batch.push({ number: this.#lastNumber, delivery })
  }

  take(results: readonly NumberedResult[]): void {
    const held = this.given.size
    const nowMs = this.#nowMs()
    let waitedMs: number | null = null
    for (const { number, result } of results) {
      const given = this.given.get(number)
      if (given === undefined) continue
      this.given.delete(number)
      // Of what found no room the wait says nothing about others.
      if (result.kind === 'ran' && result.executedVersion !== null)
        waitedMs = nowMs - given.atMs - result.durationMs
      given.settle(result)
    }
    if (waitedMs !== null) this.#window.note(results.length, held, waitedMs)
  }

  /** True = it takes more than before. */
  look(): boolean {
    return this.#window.look(this.given.size)
  }

  readonly #send = (): void => {
    const deliveries = this.#batch
    this.#batch = []
    this.taker.send({ kind: 'attempts', deliveries })
  }
}

/** Runs attempts in the workers: each in the one that has fewest, all of one turn in one message. */
export class FleetCallRunner implements CallRunner {
  readonly #options: FleetCallRunnerOptions
  readonly #workers = new Set<WorkerAttempts>()
  readonly #listeners = new Set<() => void>()
  /** Somebody was told that there is no room. */
  #isMissed = false

  constructor(options: FleetCallRunnerOptions) {
    this.#options = options
  }

  get room(): number {
    let room = 0
    for (const worker of this.#workers) room += worker.room
    if (room === 0) this.#isMissed = true
    return room
  }

  onRoom(listener: () => void): void {
    this.#listeners.add(listener)
  }

  run(delivery: Delivery): Promise<AttemptResult> {
    let best: WorkerAttempts | null = null
    for (const worker of this.#workers) {
      if (worker.room > 0 && (best === null || worker.given.size < best.given.size)) best = worker
    }
    if (best === null) return Promise.resolve({ kind: 'refused' })
    const worker = best
    return new Promise((resolve) => worker.give(delivery, resolve))
  }

  stop(callId: CallId): void {
    for (const { given, taker } of this.#workers) {
      for (const { delivery } of given.values()) {
        if (delivery.call.id !== callId) continue
        // Behind the message that brings the attempt.
        queueMicrotask(() => taker.send({ kind: 'stopAttempts', callIds: [callId] }))
        return
      }
    }
  }

  /** A worker that is about to start. */
  join(taker: AttemptTaker): WorkerAttempts {
    const worker = new WorkerAttempts(taker, this.#options.nowMs)
    this.#workers.add(worker)
    return worker
  }

  /** A worker told how attempts ended. */
  took(worker: WorkerAttempts, results: readonly NumberedResult[]): void {
    worker.take(results)
    // Otherwise those who wait for these results look for room.
    if (this.#isMissed) this.noteRoom()
  }

  /** A worker may have become ready. */
  noteRoom(): void {
    if (this.room === 0) return
    this.#isMissed = false
    for (const listener of this.#listeners) listener()
  }

  /** To be called a few times a second: attempts that run for long leave room for others. */
  look(): void {
    const hasGrown = [...this.#workers].filter((worker) => worker.look()).length > 0
    if (hasGrown) this.noteRoom()
  }

  /** A worker ended; `isGuest`: a guest brought it down, as far as can be known. */
  leave(worker: WorkerAttempts, flight: Flight, isGuest: boolean): void {
    this.#workers.delete(worker)
    for (const [number, { delivery, settle }] of worker.given) {
      const isOfVersion = flight.attempts.get(number)
      if (isOfVersion === undefined) {
        settle({ kind: 'refused' })
        continue
      }
      const { functionName, version } = delivery.call
      const executedVersion =
        this.#options.pinOf(functionName) === 'version' ? `${functionName}:${version}` : null
      settle({ kind: 'lost', isToBlame: isGuest && isOfVersion, executedVersion })
    }
    worker.given.clear()
  }
}
