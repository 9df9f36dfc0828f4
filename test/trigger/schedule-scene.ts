import type { TestContext } from 'node:test'
import { type Trigger, usualAsync } from '../../runtime/model/async-settings.ts'
import type { CallStatus } from '../../runtime/model/call.ts'
import { IsoletteError } from '../../runtime/model/errors.ts'
import type { FunctionRecord } from '../../runtime/model/function.ts'
import { type ScheduleEvent, Schedules, type SchedulesOptions } from '../../runtime/trigger/schedules.ts'
import { settings } from '../registry/temporary-registry.ts'
import { MemoryDisk, MemoryLog } from '../retry-log/memory-log.ts'

export const minutely: Trigger = {
  cron: '* * * * *',
  timezone: 'UTC',
  eventJson: '{"a":1}',
  qualifier: 'live',
  catchUpMs: 60_000,
  overlap: true,
}

/** Schedules with a clock that a test sets, over a log that outlives them. */
export class ScheduleScene {
  readonly disk = new MemoryDisk()
  readonly faults: string[] = []
  readonly full = new Set<string>()
  timersSet = 0
  log: MemoryLog
  schedules: Schedules
  readonly #events: ScheduleEvent[] = []
  readonly #functions = new Map<string, FunctionRecord>()
  /** Never set back, as timers see it. */
  #runningMs = 0
  #wallOffsetMs: number
  #timer: { readonly callback: () => void; readonly atMs: number } | null = null
  #revision = 0

  private constructor(time: string) {
    this.#wallOffsetMs = Date.parse(time)
    this.log = new MemoryLog(() => this.#runningMs, this.disk)
    this.schedules = this.#makeSchedules()
  }

  /** Begun at that time, with these functions deployed before. */
  static async begin(
    t: TestContext,
    time: string,
    functions: Readonly<Record<string, readonly Trigger[]>> = {},
  ): Promise<ScheduleScene> {
    const scene = new ScheduleScene(time)
    for (const [name, triggers] of Object.entries(functions))
      scene.#functions.set(name, scene.#record(name, triggers))
    await scene.schedules.start()
    await settled()
    t.after(() => scene.schedules.close())
    return scene
  }

  get isTimerSet(): boolean {
    return this.#timer !== null
  }

  /** Deploys a function with these triggers, or removes it. */
  async deploy(name: string, triggers: readonly Trigger[] | null): Promise<void> {
    const record = triggers === null ? null : this.#record(name, triggers)
    if (record === null) this.#functions.delete(name)
    else this.#functions.set(name, record)
    this.schedules.apply({ revision: this.#revision, functions: { [name]: record }, routeBuckets: {} })
    await settled()
  }

  /** Lets time pass until the clock shows this. */
  async passUntil(time: string): Promise<void> {
    const endMs = Date.parse(time) - this.#wallOffsetMs
    while (this.#timer !== null && this.#timer.atMs <= endMs) {
      const { callback, atMs } = this.#timer
      this.#timer = null
      this.#runningMs = Math.max(this.#runningMs, atMs)
      callback()
      await settled()
    }
    this.#runningMs = endMs
  }

  /** Sets the clock, which timers do not notice. */
  setClock(time: string): void {
    this.#wallOffsetMs = Date.parse(time) - this.#runningMs
  }

  /** Ends the process, as if killed, and starts another at that time. */
  async restart(time: string): Promise<void> {
    // What is given up is not closed: its timer goes with it.
    this.#timer = null
    this.setClock(time)
    this.log = new MemoryLog(() => this.#runningMs, this.disk)
    this.schedules = this.#makeSchedules()
    await this.schedules.start()
    await settled()
  }

  /** What was decided since the last look, like `fired report 08:00:00`. */
  decided(): string[] {
    return this.#events
      .splice(0)
      .map(
        ({ decision, functionName, scheduledAtMs }) => `${decision} ${functionName} ${timeOf(scheduledAtMs)}`,
      )
  }

  lastError(): unknown {
    return this.#events.at(-1)?.error
  }

  /** Calls that have not ended, oldest first. */
  async waiting(): Promise<readonly CallStatus[]> {
    const { calls } = await this.log.list({ states: ['Enqueued'] }, null, 1000)
    return [...calls].reverse()
  }

  /** Has everything that waits succeed, and forgets it if `keepMs` is 0. */
  async runWaiting(keepMs = 86_400_000): Promise<void> {
    const claimed = await this.log.claim(
      1000,
      () => 60_000,
      () => true,
    )
    for (const { lease, progress } of claimed) {
      const end = {
        state: 'Succeeded',
        reason: null,
        endedAtMs: this.log.nowMs(),
        progress,
        result: null,
      } as const
      await this.log.complete(lease, end, keepMs, [])
    }
    await this.log.sweep()
  }

  #makeSchedules(): Schedules {
    const { log } = this
    return new Schedules({
      log: this.#fillable(log),
      registry: { listTriggered: () => [...this.#functions.values()] },
      pick: (functionName, qualifier) => {
        if (qualifier === 'live' || qualifier === '$LATEST') return 3
        throw new IsoletteError('alias_not_found', `Cannot find alias ${qualifier} of ${functionName}`)
      },
      wallMs: () => this.#runningMs + this.#wallOffsetMs,
      setTimer: (callback, delayMs) => {
        this.timersSet++
        const timer = { callback, atMs: this.#runningMs + delayMs }
        this.#timer = timer
        return () => {
          if (this.#timer === timer) this.#timer = null
        }
      },
      onDecision: (event) => {
        // Of a process that was killed nobody hears.
        if (log === this.log) this.#events.push(event)
      },
      onFault: (functionName) => this.faults.push(functionName),
    })
  }

  /** Says of the functions that are to be full that they have as many calls as there can be. */
  #fillable(log: MemoryLog): SchedulesOptions['log'] {
    return {
      append: (call, mark) => log.append(call, mark),
      isOpen: (functionName, callerId) => log.isOpen(functionName, callerId),
      holds: async (functionName, version) =>
        this.full.has(functionName) ? Number.POSITIVE_INFINITY : log.holds(functionName, version),
      setTriggerMark: (mark) => log.setTriggerMark(mark),
      removeTriggerMark: (mark) => log.removeTriggerMark(mark),
      listTriggerMarks: () => log.listTriggerMarks(),
    }
  }

  #record(name: string, triggers: readonly Trigger[]): FunctionRecord {
    return {
      name,
      revision: ++this.#revision,
      settings: { ...settings, async: usualAsync, triggers },
      routes: [],
      latest: 'a'.repeat(64),
      lastVersion: 3,
      aliases: {},
      versionIds: {},
    }
  }
}

/** Resolves when nothing more happens without time passing. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19)
}
