import type { Trigger } from '../model/async-settings.ts'
import type { CallId } from '../model/call.ts'
import type { FunctionRecord } from '../model/function.ts'
import { triggerKey } from '../model/trigger-key.ts'
import type { Registry, RegistryDelta } from '../registry/registry.ts'
import type { RetryLog, TriggerMark } from '../retry-log/retry-log.ts'
import { type FiringParts, fire } from './fire.ts'
import { type ScheduleDecision, scheduleDecisions } from './schedule-decision.ts'
import { TriggerTimes } from './trigger-times.ts'

/** What became of a time that a trigger names. */
export interface ScheduleEvent {
  readonly decision: ScheduleDecision
  readonly functionName: string
  readonly cron: string
  readonly timezone: string
  readonly scheduledAtMs: number
  /** Of `fired`; else null. */
  readonly callId: CallId | null
  /** Of `failed`; else null. */
  readonly error: unknown
}

export interface SchedulesOptions extends Omit<FiringParts, 'log'> {
  readonly registry: Pick<Registry, 'listTriggered'>
  readonly log: FiringParts['log'] & Pick<RetryLog, 'removeTriggerMark' | 'listTriggerMarks'>
  /** Milliseconds since 1970: triggers follow that clock, wherever it jumps. */
  readonly wallMs: () => number
  /** Calls back once, after so many milliseconds. Returns what prevents it. */
  readonly setTimer: (callback: () => void, delayMs: number) => () => void
  /** Of many times that were missed in a row it is told the first, and the last unless that one is made up for. */
  readonly onDecision: (event: ScheduleEvent) => void
  /** A trigger cannot be followed, or it is not on disk that it is new or gone: a restart may not know. */
  readonly onFault: (functionName: string, error: unknown) => void
}

interface Entry {
  readonly key: string
  record: FunctionRecord
  trigger: Trigger
  readonly times: TriggerTimes
  /** The time that was fired last; null = none. */
  firedAtMs: number | null
  /** Something is being written of it. */
  isBusy: boolean
  isGone: boolean
}

/** Timers do not hear of a clock that jumps: one is seen after so long. */
const maxSleepMs = 5000

/**
 * Fires the triggers of all functions: enqueues a call for each time that one names. One process has it. That each time is
 * enqueued once, over restarts and crashes, is the log's doing, which keeps how far a trigger has come with its calls.
 */
export class Schedules {
  readonly #options: SchedulesOptions
  /** By function, then by key. */
  readonly #functions = new Map<string, Map<string, Entry>>()
  /** What is being written. */
  readonly #running = new Set<Promise<void>>()
  readonly #decisions = Object.fromEntries(scheduleDecisions.map((decision) => [decision, 0])) as Record<
    ScheduleDecision,
    number
  >
  #isOpen = false
  /** When something is due next; infinite = nothing is. */
  #nextMs = Number.POSITIVE_INFINITY
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #cancelTimer = () => {}

  constructor(options: SchedulesOptions) {
    this.#options = options
  }

  /** How many times that triggers name came to each end, as `onDecision` is told of them. */
  get decisions(): Readonly<Record<ScheduleDecision, number>> {
    return { ...this.#decisions }
  }

  /**
   * Begins, with what was missed since it ended. To be closed.
   * @throws IsoletteError `retry_log_unavailable`
   */
  async start(): Promise<void> {
    const { log, registry } = this.#options
    const marks = new Map<string, TriggerMark>()
    for (const mark of await log.listTriggerMarks()) marks.set(nameOf(mark.functionName, mark.key), mark)
    this.#isOpen = true
    for (const record of registry.listTriggered()) {
      this.#put(record, (key) => {
        const name = nameOf(record.name, key)
        const mark = marks.get(name) ?? null
        marks.delete(name)
        return mark
      })
    }
    // Of triggers that went when it could not be written.
    for (const mark of marks.values()) this.#note(mark.functionName, log.removeTriggerMark(mark))
    this.tick()
  }

  /** Follows a change of what is deployed. */
  apply(delta: RegistryDelta): void {
    // What changed before the start is read when it comes.
    if (!this.#isOpen) return
    for (const [name, record] of Object.entries(delta.functions)) {
      if (record !== null) this.#put(record, () => null)
      else this.#keepOnly(name, new Map())
    }
    this.#setTimer()
  }

  /** Fires what is due. Runs by itself. */
  tick(): void {
    if (!this.#isOpen) return
    const nowMs = this.#options.wallMs()
    const isBack = nowMs < this.#lookedAtMs
    this.#lookedAtMs = nowMs
    if (isBack || nowMs >= this.#nextMs) {
      this.#nextMs = Number.POSITIVE_INFINITY
      for (const entry of this.#entries()) {
        if (isBack) entry.times.followBack(nowMs)
        if (entry.isBusy) continue
        if (entry.times.dueAtMs <= nowMs) this.#track(this.#fire(entry, nowMs))
        else this.#expect(entry)
      }
    }
    this.#setTimer()
  }

  /** Fires nothing more, and resolves when what is being written is on disk. */
  async close(): Promise<void> {
    this.#isOpen = false
    this.#cancelTimer()
    await Promise.all(this.#running)
  }

  /** `markOf` knows how far a trigger had come; null = it is new, and fires from now on. */
  #put(record: FunctionRecord, markOf: (key: string) => TriggerMark | null): void {
    const before = this.#functions.get(record.name)
    const { triggers } = record.settings
    if (before === undefined && triggers.length === 0) return
    const after = new Map<string, Entry>()
    for (const trigger of triggers) {
      const key = triggerKey(trigger)
      const entry = before?.get(key) ?? this.#begin(record, trigger, markOf(key))
      if (entry === null) continue
      entry.record = record
      entry.trigger = trigger
      after.set(key, entry)
      this.#expect(entry)
    }
    this.#keepOnly(record.name, after)
  }

  #begin(record: FunctionRecord, trigger: Trigger, mark: TriggerMark | null): Entry | null {
    const { log, wallMs, onFault } = this.#options
    const nowMs = wallMs()
    const key = triggerKey(trigger)
    try {
      const times = new TriggerTimes(trigger, mark?.untilMs ?? nowMs)
      times.followBack(nowMs)
      if (mark === null) {
        const begun = { functionName: record.name, key, untilMs: nowMs, firedAtMs: null }
        this.#note(record.name, log.setTriggerMark(begun))
      }
      return { key, record, trigger, times, firedAtMs: mark?.firedAtMs ?? null, isBusy: false, isGone: false }
    } catch (error) {
      onFault(record.name, error)
      return null
    }
  }

  #keepOnly(functionName: string, kept: Map<string, Entry>): void {
    for (const [key, entry] of this.#functions.get(functionName) ?? []) {
      if (kept.has(key)) continue
      entry.isGone = true
      this.#note(functionName, this.#options.log.removeTriggerMark({ functionName, key }))
    }
    if (kept.size > 0) this.#functions.set(functionName, kept)
    else this.#functions.delete(functionName)
    if (this.#functions.size === 0) this.#nextMs = Number.POSITIVE_INFINITY
  }

  async #fire(entry: Entry, nowMs: number): Promise<void> {
    const { times, trigger } = entry
    const due = times.take(nowMs, trigger.catchUpMs)
    if (due === null) return
    const { scheduledAtMs, missedFromMs } = due
    if (missedFromMs !== null) this.#tell(entry, 'missed', missedFromMs)
    entry.isBusy = true
    try {
      const isWanted = () => this.#isOpen && !entry.isGone
      const fired = await fire(this.#options, { ...entry, due, isWanted })
      if (fired === null) return
      times.settle(scheduledAtMs)
      if (fired.decision === 'fired') entry.firedAtMs = scheduledAtMs
      this.#tell(entry, fired.decision, scheduledAtMs, fired.callId)
    } catch (error) {
      times.postpone(scheduledAtMs, this.#options.wallMs())
      this.#tell(entry, 'failed', scheduledAtMs, null, error)
    } finally {
      entry.isBusy = false
      this.#expect(entry)
      this.#setTimer()
    }
  }

  #tell(
    { record, trigger }: Entry,
    decision: ScheduleDecision,
    scheduledAtMs: number,
    callId: CallId | null = null,
    error: unknown = null,
  ): void {
    this.#decisions[decision]++
    const { cron, timezone } = trigger
    const functionName = record.name
    this.#options.onDecision({ decision, functionName, cron, timezone, scheduledAtMs, callId, error })
  }

  #expect(entry: Entry): void {
    if (!entry.isBusy && !entry.isGone) this.#nextMs = Math.min(this.#nextMs, entry.times.dueAtMs)
  }

  #setTimer(): void {
    this.#cancelTimer()
    if (!this.#isOpen || this.#nextMs === Number.POSITIVE_INFINITY) return
    const delayMs = Math.min(maxSleepMs, Math.max(0, this.#nextMs - this.#options.wallMs()))
    this.#cancelTimer = this.#options.setTimer(() => this.tick(), delayMs)
  }

  #note(functionName: string, written: Promise<void>): void {
    this.#track(written.catch((error) => this.#options.onFault(functionName, error)))
  }

  #track(running: Promise<void>): void {
    const tracked = running.finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }

  *#entries(): Generator<Entry> {
    for (const entries of this.#functions.values()) yield* entries.values()
  }
}

function nameOf(functionName: string, key: string): string {
  return `${functionName}:${key}`
}
