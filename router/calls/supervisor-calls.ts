import type { Logger } from 'pino'
import type {
  CallControl,
  CallDelivery,
  EnqueueMetrics,
  RegistryDelta,
  Schedules,
  SchedulesOptions,
} from '../../runtime/index.ts'
import { FleetCalls } from '../fleet/fleet-calls.ts'
import type { OpenRegistry, OpenRetryLog, OwnEnqueues, SupervisorDeps } from '../supervisor-parts.ts'
import { CallObserver } from './call-observer.ts'
import { RegistryCallFunctions } from './registry-call-functions.ts'

export interface SupervisorCallsOptions {
  readonly deps: Pick<SupervisorDeps, 'createDelivery' | 'createEnqueues' | 'createSchedules'>
  readonly retryLog: OpenRetryLog
  readonly registry: OpenRegistry['registry']
  readonly log: Logger
}

/** The supervisor's part in asynchronous calls: what is delivered, and what triggers ask for. */
export class SupervisorCalls {
  /** Of the workers. */
  readonly fleet: FleetCalls
  readonly #delivery: CallDelivery
  readonly #schedules: Schedules
  readonly #enqueues: OwnEnqueues

  constructor({ deps, retryLog, registry, log }: SupervisorCallsOptions) {
    const functions = new RegistryCallFunctions(registry, Math.random)
    this.#enqueues = deps.createEnqueues()
    const observer = new CallObserver(log, this.#enqueues)
    this.fleet = new FleetCalls({
      retryLog,
      logOffsetMs: retryLog.clockOffsetMs,
      getFunction: (functionName) => registry.getFunction(functionName),
      nowMs: () => performance.now(),
    })
    this.#delivery = deps.createDelivery({ log: retryLog, runner: this.fleet.runner, functions, observer })
    this.#schedules = deps.createSchedules({
      registry,
      log: countingFirings(retryLog, this.#enqueues),
      pick: (functionName, qualifier) => functions.pick(functionName, qualifier),
      onDecision: (event) => observer.scheduled(event),
      onFault: (functionName, error) =>
        log.error({ function: functionName, err: error }, 'trigger not followed'),
    })
  }

  /** What people may do with calls. */
  get control(): CallControl {
    return this.#delivery
  }

  /** Of the calls that this process was asked to accept. */
  enqueueMetrics(): EnqueueMetrics {
    return this.#enqueues.toMetrics()
  }

  /** How many times that triggers name came to each end. */
  firings(): Readonly<Record<string, number>> {
    return this.#schedules.decisions
  }

  /** Something changed of what is deployed. */
  apply(delta: RegistryDelta): void {
    this.#schedules.apply(delta)
  }

  /** Calls are begun from now on, and triggers fire. @throws IsoletteError `retry_log_unavailable` */
  async start(): Promise<void> {
    this.#delivery.start()
    await this.#schedules.start()
  }

  /** Begins no more, and resolves when all that ran has ended and is written down, or after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    await Promise.all([this.#schedules.close(), this.#delivery.drain(graceMs)])
  }
}

function countingFirings(log: OpenRetryLog, enqueues: OwnEnqueues): SchedulesOptions['log'] {
  return {
    async append(call, mark) {
      const beganMs = performance.now()
      const appended = await log.append(call, mark)
      if (appended.kind === 'appended') enqueues.accepted('schedule', performance.now() - beganMs)
      return appended
    },
    isOpen: (functionName, callerId) => log.isOpen(functionName, callerId),
    holds: (functionName, version) => log.holds(functionName, version),
    setTriggerMark: (mark) => log.setTriggerMark(mark),
    removeTriggerMark: (mark) => log.removeTriggerMark(mark),
    listTriggerMarks: () => log.listTriggerMarks(),
  }
}
