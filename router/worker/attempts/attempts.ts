import {
  type AttemptResult,
  type CallId,
  type Delivery,
  type FailedOutcome,
  IsoletteError,
  type RegistryView,
} from '../../../runtime/index.ts'
import { noWish, type PickedTarget, type TargetPicker } from '../../http/pick-target.ts'
import type { NumberedDelivery, NumberedResult } from '../../protocol.ts'
import { Attempt, type AttemptHost } from './attempt.ts'
import { AttemptCosts } from './attempt-costs.ts'
import { AttemptPace } from './attempt-pace.ts'
import { AttemptQueue } from './attempt-queue.ts'
import { failureOf } from './attempt-result.ts'
import { Post, type PostHost } from './post.ts'

export interface AttemptsOptions extends AttemptHost, PostHost {
  readonly view: Pick<RegistryView, 'getFunction'>
  readonly picker: TargetPicker
  /** Why an attempt is not to begin now: it would stand in the way of requests. Null = it may. */
  readonly refusalNow: (target: PickedTarget) => FailedOutcome | null
  /** Invocations that the pool was ever asked to run, attempts included. */
  readonly invocations: () => number
  /** Written down before any guest is entered: what runs, or was not told of yet, if this process dies now. */
  readonly noteRunning: (running: Iterable<RunningAttempt>) => void
  readonly send: (results: readonly NumberedResult[]) => void
}

/** An attempt that has begun, as it is written down. */
export interface RunningAttempt {
  readonly number: number
  /** Null: it runs no function. */
  readonly versionId: string | null
}

interface Waiting {
  readonly functionName: string
  readonly number: number
  readonly delivery: Delivery
  readonly takenAtMs: number
}

interface Running extends RunningAttempt {
  readonly callId: CallId
  readonly attempt: { stop(): void }
}

/** What does not find room for so long goes back, for another worker or later. */
const maxHoldMs = 2000
/** Between two looks for room. What ends here is noticed at once. */
const lookEveryMs = 10
/**
 * Between two messages while requests come: what the supervisor does for each, a commit or two, it may do on the core of
 * this worker.
 */
const tellEveryMs = 50
/** What a post takes of the thread, about. */
const postMs = 0.2

/** Runs attempts in this worker, beside its requests and never in their way. */
export class Attempts {
  readonly #options: AttemptsOptions
  readonly #queue = new AttemptQueue<Waiting>()
  readonly #running = new Map<number, Running>()
  readonly #pace: AttemptPace
  readonly #costs = new AttemptCosts()
  /** Functions without room in this turn. */
  readonly #crowded = new Set<string>()
  #results: NumberedResult[] = []
  #telling: NodeJS.Timeout | NodeJS.Immediate | null = null
  /** Those that have begun and ended, of which nobody knows yet. No version is to blame for what becomes of them. */
  #untold: RunningAttempt[] = []
  #begun = 0
  #next: { readonly kind: 'turn' } | { readonly kind: 'timer'; readonly timer: NodeJS.Timeout } | null = null
  #isDraining = false

  constructor(options: AttemptsOptions) {
    this.#options = options
    const { nowMs, invocations } = options
    this.#pace = new AttemptPace({ nowMs, requests: () => invocations() - this.#begun })
  }

  /** Whether any has begun that has not ended, or has and the supervisor was not told yet. */
  get isBusy(): boolean {
    return this.#running.size > 0 || this.#results.length > 0
  }

  take(deliveries: readonly NumberedDelivery[]): void {
    const takenAtMs = this.#options.nowMs()
    for (const { number, delivery } of deliveries) {
      if (this.#isDraining) this.#tell(number, refused)
      else this.#queue.add({ functionName: delivery.call.functionName, number, delivery, takenAtMs })
    }
    this.#goOn()
  }

  /** These are to end; those that have not begun do not begin. */
  stop(callIds: readonly CallId[]): void {
    const wanted = new Set(callIds)
    for (const { number } of this.#queue.remove(({ delivery }) => wanted.has(delivery.call.id)))
      this.#tell(number, refused)
    for (const { callId, attempt } of [...this.#running.values()]) if (wanted.has(callId)) attempt.stop()
  }

  /** Begins no more; what has begun goes on. */
  drain(): void {
    this.#isDraining = true
    for (const { number } of this.#queue.remove(() => true)) this.#tell(number, refused)
  }

  #goOn(): void {
    if (this.#queue.size === 0 || this.#next?.kind === 'turn') return
    if (this.#next !== null) clearTimeout(this.#next.timer)
    this.#next = { kind: 'turn' }
    setImmediate(this.#takeTurn)
  }

  #goOnIn(ms: number): void {
    this.#next = { kind: 'timer', timer: setTimeout(this.#takeTurn, ms).unref() }
  }

  readonly #takeTurn = (): void => {
    this.#next = null
    this.#pace.look()
    this.#crowded.clear()
    let hasBegun = false
    while (this.#pace.mayBegin) {
      const waiting = this.#queue.take(this.#isReady)
      if (waiting === null) break
      this.#begin(waiting)
      hasBegun = true
    }
    // The pool enters nobody before the next turn of the event loop.
    if (hasBegun) this.#options.noteRunning([...this.#running.values(), ...this.#untold])
    if (this.#queue.size === 0) return
    if (!this.#pace.mayBegin) this.#goOnIn(Math.ceil(this.#pace.waitMs))
    else if (hasBegun) this.#goOn()
    else {
      this.#giveBack()
      if (this.#queue.size > 0) this.#goOnIn(lookEveryMs)
    }
  }

  readonly #isReady = ({ functionName, delivery }: Waiting): boolean => {
    if (this.#crowded.has(functionName)) return false
    if (delivery.call.event.kind === 'post') return true
    const target = this.#targetOf(delivery)
    if (!('manifest' in target) || this.#options.refusalNow(target) === null) return true
    this.#crowded.add(functionName)
    return false
  }

  /** Those that have waited for room in vain. */
  #giveBack(): void {
    const { nowMs, logNowMs, refusalNow } = this.#options
    const beforeMs = nowMs() - maxHoldMs
    const isLate = ({ functionName, takenAtMs }: Waiting) =>
      takenAtMs < beforeMs && this.#crowded.has(functionName)
    for (const { number, delivery } of this.#queue.remove(isLate)) {
      const target = this.#targetOf(delivery)
      const refusal = 'manifest' in target ? refusalNow(target) : null
      this.#tell(number, notRun(refusal ?? waitedInVain, logNowMs()))
    }
  }

  #begin({ number, delivery }: Waiting): void {
    const { call } = delivery
    const { event } = call
    if (event.kind === 'post') {
      const record = this.#options.view.getFunction(call.functionName)
      if (record === null) {
        this.#tell(number, gone(`the function ${JSON.stringify(call.functionName)} is gone`))
        return
      }
      this.#pace.pay(postMs)
      const post = new Post(this.#options, call, event, record.settings, (result) =>
        this.#end(number, result),
      )
      this.#running.set(number, { number, callId: call.id, versionId: null, attempt: post })
      return
    }
    const target = this.#targetOf(delivery)
    if (!('manifest' in target)) {
      this.#tell(number, target)
      return
    }
    const { manifest } = target
    // The first of a version by itself: it may be heavy.
    const paidMs = this.#costs.expectedMs(manifest) ?? this.#pace.portionMs
    this.#pace.pay(paidMs)
    const attempt = new Attempt(this.#options, delivery, event, target, (result) => {
      this.#pace.pay(this.#costs.note(manifest, attempt.usage.cpuMs) - paidMs)
      this.#end(number, result)
    })
    this.#running.set(number, { number, callId: call.id, versionId: manifest.versionId, attempt })
    this.#begun++
    this.#options.invoker.invoke(attempt)
  }

  /** What runs, or why nothing does. */
  #targetOf({ call }: Delivery): PickedTarget | AttemptResult {
    const { functionName, qualifier, version } = call
    const pin = this.#options.view.getFunction(functionName)?.settings.async.pin
    try {
      return this.#options.picker.pick(functionName, pin === 'alias' ? qualifier : String(version), noWish)
    } catch (error) {
      if (error instanceof IsoletteError && error.status < 500) return gone(error.message)
      const message = error instanceof Error ? error.message : String(error)
      return notRun({ kind: 'internal_error', message }, this.#options.logNowMs())
    }
  }

  #end(number: number, result: AttemptResult): void {
    this.#running.delete(number)
    this.#untold.push({ number, versionId: null })
    this.#tell(number, result)
    // There may be room, or time, for another.
    this.#goOn()
  }

  #tell(number: number, result: AttemptResult): void {
    this.#results.push({ number, result })
    if (this.#telling !== null) return
    const isLast = this.#running.size === 0 && this.#queue.size === 0
    if (this.#pace.isBesideRequests && !isLast) this.#telling = setTimeout(this.#send, tellEveryMs)
    else this.#telling = setImmediate(this.#send)
  }

  readonly #send = (): void => {
    this.#telling = null
    const results = this.#results
    this.#results = []
    this.#options.send(results)
    this.#untold = []
  }
}

const refused: AttemptResult = { kind: 'refused' }

const waitedInVain: FailedOutcome = { kind: 'overloaded', message: 'No room became free for the attempt' }

function gone(message: string): AttemptResult {
  return { kind: 'gone', reason: 'function_gone', message }
}

function notRun(outcome: FailedOutcome, startedAtMs: number): AttemptResult {
  return {
    kind: 'ran',
    executedVersion: null,
    ...failureOf(outcome),
    result: null,
    retryAfterMs: null,
    startedAtMs,
    durationMs: 0,
    logLines: [],
  }
}
