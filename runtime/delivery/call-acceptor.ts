import type { CallEvent } from '../model/call.ts'
import type { Enqueued } from '../model/enqueue.ts'
import { enqueueRefusal } from '../model/enqueue-check.ts'
import { IsoletteError } from '../model/errors.ts'
import { formatQualifier, parseQualifier } from '../model/qualifier.ts'
import type { RetryLog } from '../retry-log/retry-log.ts'
import type { EnqueueOptions } from './call-control.ts'
import type { CallFunctions } from './call-functions.ts'
import type { DeliveryObserver } from './delivery-observer.ts'

type Refused = Extract<Enqueued, { kind: 'refused' }>

/** Accepts the calls that come to the supervisor itself: from its admin socket. */
export class CallAcceptor {
  readonly #log: RetryLog
  readonly #functions: CallFunctions
  readonly #observer: DeliveryObserver

  constructor(log: RetryLog, functions: CallFunctions, observer: DeliveryObserver) {
    this.#log = log
    this.#functions = functions
    this.#observer = observer
  }

  async accept(
    functionName: string,
    qualifierText: string,
    event: CallEvent,
    { source, delayMs, callerId }: EnqueueOptions,
  ): Promise<Enqueued> {
    const beganMs = this.#log.nowMs()
    try {
      const qualifier = formatQualifier(parseQualifier(qualifierText))
      const version = this.#functions.pick(functionName, qualifier)
      const refusal = enqueueRefusal({ event, delayMs, callerId }) ?? this.#whenFull(functionName)
      if (refusal !== null) return this.#refuse(refusal)
      const call = { functionName, qualifier, version, event, source, callerId, delayMs }
      const appended = await this.#log.append({ ...call, depth: 0, parentId: null })
      if (appended.kind === 'duplicate') {
        this.#observer.refused('duplicate_invocation')
        const first = await this.#log.get(appended.id).catch(() => null)
        return { kind: 'duplicate', id: appended.id, state: first?.state ?? null }
      }
      this.#observer.accepted(source, this.#log.nowMs() - beganMs)
      return { kind: 'enqueued', id: appended.id }
    } catch (error) {
      return this.#refuse(this.#explain(error))
    }
  }

  /** What is just being written counts when it is: people may pass the bound by a commit's worth. */
  #whenFull(functionName: string): Refused | null {
    const maxQueued = this.#functions.settingsOf(functionName)?.maxQueued ?? 0
    const depth = this.#log.stats().depth.get(functionName)
    if ((depth?.waiting ?? 0) + (depth?.running ?? 0) < maxQueued) return null
    const message = `Cannot accept a call of ${JSON.stringify(functionName)}: ${maxQueued} calls of it have not ended, must be fewer`
    return { kind: 'refused', code: 'queue_full', message }
  }

  #refuse(refusal: Refused): Refused {
    this.#observer.refused(refusal.code)
    return refusal
  }

  #explain(error: unknown): Refused {
    if (error instanceof IsoletteError && error.code === 'retry_log_unavailable') {
      const message = 'Cannot accept the call: the retry log cannot be written now'
      return { kind: 'refused', code: error.code, message }
    }
    if (error instanceof IsoletteError && error.status < 500) {
      return { kind: 'refused', code: error.code, message: error.message }
    }
    this.#observer.fault(error, null)
    return { kind: 'refused', code: 'internal_error', message: 'The server failed' }
  }
}
