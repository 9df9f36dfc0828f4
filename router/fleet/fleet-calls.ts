import type { FunctionRecord, RetryLog } from '../../runtime/index.ts'
import type { Flight } from '../flight-recorder.ts'
import { type AttemptTaker, FleetCallRunner, type WorkerAttempts } from './call-runner.ts'
import { ToldDepths } from './told-depths.ts'
import type { CallNews } from './worker-process.ts'

export interface FleetCallsOptions {
  readonly retryLog: Pick<RetryLog, 'noteAppended' | 'noteFailure' | 'stats'>
  /** See `WorkerBoot`. */
  readonly logOffsetMs: number
  readonly getFunction: (functionName: string) => FunctionRecord | null
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
}

/** What the workers have to do with asynchronous calls: they accept them, and run attempts. */
export class FleetCalls {
  readonly runner: FleetCallRunner
  readonly logOffsetMs: number
  readonly #options: FleetCallsOptions
  readonly #members = new Set<CallMember>()

  constructor(options: FleetCallsOptions) {
    this.#options = options
    this.logOffsetMs = options.logOffsetMs
    this.runner = new FleetCallRunner({
      nowMs: options.nowMs,
      pinOf: (functionName) => options.getFunction(functionName)?.settings.async.pin ?? null,
    })
  }

  /** Takes a worker in that is about to start. */
  join(taker: AttemptTaker): CallMember {
    const { retryLog } = this.#options
    const member = new CallMember(taker, this.runner, {
      retryLog,
      onLeft: () => this.#members.delete(member),
    })
    this.#members.add(member)
    return member
  }

  /** Tells workers how many calls wait of functions that have many. To be called a few times a second. */
  tellDepths(): void {
    if (this.#members.size === 0) return
    const { retryLog, getFunction } = this.#options
    const { depth } = retryLog.stats()
    const openOf = (functionName: string) => {
      const { waiting, running } = depth.get(functionName) ?? { waiting: 0, running: 0 }
      return waiting + running
    }
    const maxOf = (functionName: string) => getFunction(functionName)?.settings.async.maxQueued ?? 0
    for (const member of this.#members) member.tellDepths(depth.keys(), openOf, maxOf)
  }
}

interface CallMemberFleet {
  readonly retryLog: Pick<RetryLog, 'noteAppended' | 'noteFailure'>
  readonly onLeft: () => void
}

/** One worker's part. */
export class CallMember {
  readonly #taker: AttemptTaker
  readonly #runner: FleetCallRunner
  readonly #attempts: WorkerAttempts
  readonly #fleet: CallMemberFleet
  readonly #depths = new ToldDepths()

  constructor(taker: AttemptTaker, runner: FleetCallRunner, fleet: CallMemberFleet) {
    this.#taker = taker
    this.#runner = runner
    this.#fleet = fleet
    this.#attempts = runner.join(taker)
  }

  receive(news: CallNews): void {
    if (news.kind === 'attempted') this.#runner.took(this.#attempts, news.results)
    else if (news.kind === 'logState') {
      // Whether it can be written again is seen here, too: the worker says so only when it has something to write.
      if (news.failure !== null) this.#fleet.retryLog.noteFailure(news.failure)
    } else {
      for (const note of news.notes) {
        this.#depths.appended(note)
        this.#fleet.retryLog.noteAppended(note.functionName, note.count, note.dueAtMs)
      }
    }
  }

  tellDepths(
    functionNames: Iterable<string>,
    openOf: (functionName: string) => number,
    maxOf: (functionName: string) => number,
  ): void {
    const depths = this.#depths.update(functionNames, openOf, maxOf)
    if (depths.length > 0) this.#taker.send({ kind: 'depths', depths })
  }

  /** It ended; `isGuest`: a guest brought it down. */
  leave(flight: Flight, isGuest: boolean): void {
    this.#runner.leave(this.#attempts, flight, isGuest)
    this.#fleet.onLeft()
  }
}
