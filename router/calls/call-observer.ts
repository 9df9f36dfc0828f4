import type { Logger } from 'pino'
import type {
  Call,
  CallId,
  CallSource,
  Decision,
  DeliveryObserver,
  ErrorCode,
  ScheduleEvent,
} from '../../runtime/index.ts'
import type { OwnEnqueues } from '../supervisor-parts.ts'

/** Puts into the log what becomes of calls. What succeeds is seen at level `debug` only: there may be many a second. */
export class CallObserver implements DeliveryObserver {
  readonly #log: Logger
  readonly #enqueues: OwnEnqueues

  constructor(log: Logger, enqueues: OwnEnqueues) {
    this.#log = log
    this.#enqueues = enqueues
  }

  decided(call: Call, decision: Decision): void {
    const level = levelOf(decision)
    // Not even the object of a line that is not written.
    if (!this.#log.isLevelEnabled(level)) return
    const { attempt } = decision
    this.#log[level](
      {
        callId: call.id,
        function: call.functionName,
        decision: decision.branch,
        attempt: attempt?.number,
        outcome: attempt?.outcome,
        ...(decision.kind === 'again' && { dueAtMs: decision.dueAtMs }),
      },
      'call',
    )
  }

  destinationLost(call: Call, reference: string): void {
    this.#log.warn(
      { callId: call.id, function: call.functionName, destination: reference },
      'no destination was told of the end of a call: there is no such function',
    )
  }

  logFailed(failure: string | null): void {
    if (failure === null) this.#log.info('the retry log can be written again')
    else this.#log.error({ failure }, 'the retry log cannot be written')
  }

  fault(error: unknown, callId: CallId | null): void {
    this.#log.error({ err: error, callId }, 'delivery failed on our side')
  }

  accepted(source: CallSource, durationMs: number): void {
    this.#enqueues.accepted(source, durationMs)
  }

  refused(code: ErrorCode): void {
    this.#enqueues.refused(code)
  }

  /** What became of a time that a trigger names. */
  scheduled({ decision, functionName, error, ...event }: ScheduleEvent): void {
    const level = decision === 'fired' ? 'debug' : decision === 'failed' ? 'error' : 'warn'
    this.#log[level](
      { function: functionName, decision, ...event, ...(error !== null && { err: error }) },
      'trigger',
    )
  }
}

/** Dead letters are what a person is to look at. */
function levelOf(decision: Decision): 'debug' | 'info' | 'warn' {
  if (decision.kind === 'run') return 'debug'
  if (decision.kind === 'again') return 'info'
  const { state } = decision.end
  if (state === 'Succeeded') return 'debug'
  return state === 'Stopped' ? 'info' : 'warn'
}
