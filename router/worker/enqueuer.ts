import type { Logger } from 'pino'
import {
  type CallAppender,
  type Enqueued,
  type EnqueueRequest,
  type Enqueuer,
  enqueueRefusal,
  formatQualifier,
  type GuestEnqueue,
  IsoletteError,
  parseFunctionReference,
} from '../../runtime/index.ts'
import type { EnqueueCounters } from '../../runtime/worker-side.ts'
import { noWish, type PickedTarget, type TargetPicker } from '../http/pick-target.ts'
import type { AppendedNote, FromWorker } from '../protocol.ts'
import { AppendedNotes } from './appended-notes.ts'
import type { QueueDepths } from './queue-depths.ts'

/** What this worker tells of the retry log. */
export type LogMessage = Extract<FromWorker, { kind: 'appended' | 'logState' }>

export interface WorkerEnqueuerOptions {
  /** Asked for once there is something to append. @throws IsoletteError */
  readonly openAppender: () => CallAppender & { close(): Promise<void> }
  readonly picker: TargetPicker
  readonly depths: QueueDepths
  readonly counters: EnqueueCounters
  readonly send: (message: LogMessage) => void
  readonly log: Logger
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
}

/** Accepts calls in a worker: from HTTP clients and from guests. */
export class WorkerEnqueuer implements Enqueuer {
  readonly #options: WorkerEnqueuerOptions
  readonly #notes: AppendedNotes
  #appender: ReturnType<WorkerEnqueuerOptions['openAppender']> | null = null
  /** Calls that are neither on disk nor refused. */
  #pending = 0
  #failure: string | null = null

  constructor(options: WorkerEnqueuerOptions) {
    this.#options = options
    this.#notes = new AppendedNotes((notes: readonly AppendedNote[]) =>
      options.send({ kind: 'appended', notes }),
    )
  }

  get isBusy(): boolean {
    return this.#pending > 0 || this.#notes.isWaiting
  }

  enqueue(request: EnqueueRequest): Promise<Enqueued> {
    return new Promise((resolve) => this.accept(request, resolve))
  }

  /** What a guest asks for. */
  async enqueueForGuest(request: GuestEnqueue): Promise<Enqueued> {
    const { reference, json, delayMs, callerId, depth, parentId } = request
    let target: PickedTarget
    let qualifier: string
    try {
      const parsed = parseFunctionReference(reference)
      qualifier = formatQualifier(parsed.qualifier)
      target = this.#options.picker.pick(parsed.functionName, qualifier, noWish)
    } catch (error) {
      const isRefusal = error instanceof IsoletteError && error.status < 500
      if (!isRefusal) this.#options.log.error({ err: error, reference }, 'a call could not be accepted')
      const { code, message } = isRefusal ? error : pickFailure
      this.#options.counters.refused(code)
      return { kind: 'refused', code, message }
    }
    const event = { kind: 'direct', json } as const
    return this.enqueue({ qualifier, target, event, source: 'enqueue', depth, parentId, delayMs, callerId })
  }

  /** The same as `enqueue`, for those that accept many: `onAccepted` is called once, perhaps before this returns. */
  accept(request: EnqueueRequest, onAccepted: (result: Enqueued) => void): void {
    const refusal = enqueueRefusal(request) ?? this.#takePlace(request)
    if (refusal !== null) {
      this.#options.counters.refused(refusal.code)
      onAccepted(refusal)
      return
    }
    const { target, qualifier, event, source, depth, parentId, delayMs, callerId } = request
    const { functionName, label: version } = target
    const { counters, depths, nowMs } = this.#options
    const beganMs = nowMs()
    this.#pending++
    const onFailed = (error: unknown): void => {
      this.#pending--
      depths.dropped(functionName)
      onAccepted(this.#failed(error))
    }
    let appended: ReturnType<CallAppender['append']>
    try {
      this.#appender ??= this.#options.openAppender()
      appended = this.#appender.append({
        functionName,
        qualifier,
        version,
        event,
        source,
        depth,
        parentId,
        delayMs,
        callerId,
      })
    } catch (error) {
      onFailed(error)
      return
    }
    appended.then((result) => {
      this.#works()
      if (result.kind === 'duplicate') {
        depths.dropped(functionName)
        this.#answerDuplicate(result.id, onAccepted)
        return
      }
      this.#pending--
      this.#notes.add(functionName, depths.appended(functionName), result.enqueuedAtMs + delayMs)
      counters.accepted(source, nowMs() - beganMs)
      onAccepted({ kind: 'enqueued', id: result.id })
    }, onFailed)
  }

  /** Ends what writes; to be called when nothing is pending. */
  async close(): Promise<void> {
    await this.#appender?.close()
  }

  #takePlace({ target }: EnqueueRequest): Extract<Enqueued, { kind: 'refused' }> | null {
    const { functionName, settings } = target
    const { maxQueued } = settings.async
    if (this.#options.depths.take(functionName, maxQueued)) return null
    const problem = `${maxQueued} calls of it have not ended, must be fewer`
    const message = `Cannot accept a call of ${JSON.stringify(functionName)}: ${problem}`
    return { kind: 'refused', code: 'queue_full', message }
  }

  /** With the first one's state, as far as that can be read. */
  #answerDuplicate(id: string, onAccepted: (result: Enqueued) => void): void {
    this.#options.counters.refused('duplicate_invocation')
    const answer = (state: (Enqueued & { kind: 'duplicate' })['state']): void => {
      this.#pending--
      onAccepted({ kind: 'duplicate', id, state })
    }
    this.#appender!.get(id).then(
      (status) => answer(status?.state ?? null),
      () => answer(null),
    )
  }

  /** What exactly is wrong is for the operator alone. */
  #failed(error: unknown): Enqueued {
    const failure = error instanceof Error ? error.message : String(error)
    if (this.#failure === null) {
      this.#failure = failure
      this.#options.log.error({ err: error }, 'the retry log cannot be written')
      this.#options.send({ kind: 'logState', failure })
    }
    const code = 'retry_log_unavailable'
    this.#options.counters.refused(code)
    return { kind: 'refused', code, message: 'Cannot accept the call: the retry log cannot be written now' }
  }

  #works(): void {
    if (this.#failure === null) return
    this.#failure = null
    this.#options.log.info('the retry log can be written again')
    this.#options.send({ kind: 'logState', failure: null })
  }
}

const pickFailure = { code: 'internal_error', message: 'The server failed' } as const
