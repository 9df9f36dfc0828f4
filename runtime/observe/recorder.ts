import type { Logger } from 'pino'
import type { Invocation, InvocationUsage, Target } from '../model/invocation.ts'
import type { FailedOutcome, Outcome, OutcomeKind } from '../model/outcome.ts'
import { invocationRecord } from './invocation-record.ts'
import type { VersionMetrics } from './metrics.ts'
import type { InvocationRecord } from './record.ts'
import { withoutWords, wordsOf } from './record-words.ts'
import { SecondBudget } from './second-budget.ts'
import { VersionCounters } from './version-counters.ts'

/** Notes how invocations ended: counts all of them, keeps a record of those that an operator wants to see. */
export interface Recorder {
  /**
   * An invocation ended; called once for each. `status` is what was answered over HTTP, null for direct events and
   * clients that left. `settledAtMs` is on the clock of `invocation.arrivedAtMs`.
   */
  settled(invocation: Invocation, outcome: Outcome, status: number | null, settledAtMs: number): void
  /**
   * What an invocation left running when it settled has ended; `failure` says how, null = well. Passed over if there is
   * nothing to tell, or all of it will stand in a record that is still to be written.
   */
  ranOn(invocation: Invocation, failure: FailedOutcome | null, endedAtMs: number): void
  /** `init` or `shutdown` of an instance has ended; passed over if it went well and logged nothing. */
  hookEnded(
    hook: 'init' | 'shutdown',
    invocation: Invocation,
    failure: FailedOutcome | null,
    endedAtMs: number,
  ): void
  /** A request was answered before a function was picked. */
  refused(status: number): void
  /** While someone follows, `onRecords` gets every record (at most 1 000 a second), not only what is logged. */
  setFollow(all: boolean): void
  metrics(): {
    readonly versions: readonly VersionMetrics[]
    readonly refused: Readonly<Record<string, number>>
  }
  /** Hands over what waits now, and nothing later. */
  close(): void
}

export interface RecorderOptions {
  readonly log: Logger
  /** The worker's index. */
  readonly worker: number
  /** Warm successes that are logged a second, over all versions; no version takes them more densely than evenly. */
  readonly sampleWarmPerSecond: number
  /** Epoch milliseconds. */
  readonly wallMs: () => number
  /** Calls back once, after so long. Default: a timer that keeps no process alive. */
  readonly schedule?: (callback: () => void, delayMs: number) => void
  /** `dropped` = how many records are missing since the last call. */
  readonly onRecords: (records: readonly InvocationRecord[], dropped: number) => void
}

const batchEveryMs = 100
/** Records that wait for `onRecords`; what comes on top within one batch is dropped (the log has the failures). */
const maxBatch = 1000
const maxFollowedPerSecond = 1000
const maxVerbosePerSecond = 200
/**
 * Of what guests say in records, in UTF-16 units. Failures are all written, and each may say 170 KB: written faster than they
 * are read, they would fill the worker's memory.
 */
const maxWordsPerSecond = 4 * 1024 * 1024

/** Outcomes of which every single one is written. */
const failures: ReadonlySet<OutcomeKind> = new Set([
  'exception',
  'no_response',
  'exceeded_cpu',
  'exceeded_memory',
  'exceeded_wall_time',
  'interrupted',
  'internal_error',
])

export function createRecorder(options: RecorderOptions): Recorder {
  return new BatchingRecorder(options)
}

class BatchingRecorder implements Recorder {
  readonly #options: RecorderOptions
  readonly #schedule: (callback: () => void, delayMs: number) => void
  readonly #byTarget = new WeakMap<Target, VersionCounters>()
  readonly #byVersion = new Map<string, VersionCounters>()
  readonly #refused: Record<string, number> = {}
  readonly #samples: SecondBudget
  readonly #verbose = new SecondBudget(maxVerbosePerSecond)
  readonly #followed = new SecondBudget(maxFollowedPerSecond)
  readonly #words = new SecondBudget(maxWordsPerSecond)
  readonly #sampleEveryMs: number
  #isFollowed = false
  #batch: InvocationRecord[] = []
  #dropped = 0
  #isScheduled = false

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#schedule = options.schedule ?? ((callback, delayMs) => setTimeout(callback, delayMs).unref())
    this.#samples = new SecondBudget(options.sampleWarmPerSecond)
    this.#sampleEveryMs = 1000 / options.sampleWarmPerSecond
  }

  settled(invocation: Invocation, outcome: Outcome, status: number | null, settledAtMs: number): void {
    const { target, usage } = invocation
    const { kind } = outcome
    const counters = this.#byTarget.get(target) ?? this.#countersOf(target)
    counters.count(kind, settledAtMs - invocation.arrivedAtMs, usage)
    usage.recordedCpuMs = usage.cpuMs
    // The way of almost every invocation: a warm success without a word ends here.
    if (
      kind === 'ok' &&
      settledAtMs < counters.nextSampleAtMs &&
      !usage.coldStart &&
      usage.logLines.length === 0 &&
      !this.#isFollowed
    ) {
      return
    }
    const isLogged = this.#isLogged(kind, invocation, counters, settledAtMs)
    const isSent = isLogged || (this.#isFollowed && this.#followed.take(settledAtMs))
    if (isSent) this.#write(invocation, outcome, { phase: 'call', status, atMs: settledAtMs, isLogged })
    else if (this.#isFollowed || hasWords(kind, invocation)) this.#drop(usage)
  }

  ranOn(invocation: Invocation, failure: FailedOutcome | null, endedAtMs: number): void {
    const { target, usage } = invocation
    if (usage.recordedCpuMs >= 0) {
      const counters = this.#byTarget.get(target) ?? this.#countersOf(target)
      counters.addCpu(usage.cpuMs - usage.recordedCpuMs)
      usage.recordedCpuMs = usage.cpuMs
    } else if (failure === null) return
    this.#writeWords(invocation, failure, 'after', endedAtMs)
  }

  hookEnded(
    hook: 'init' | 'shutdown',
    invocation: Invocation,
    failure: FailedOutcome | null,
    endedAtMs: number,
  ): void {
    const { target, usage } = invocation
    const counters = this.#byTarget.get(target) ?? this.#countersOf(target)
    counters.addCpu(usage.cpuMs)
    usage.recordedCpuMs = usage.cpuMs
    this.#writeWords(invocation, failure, hook, endedAtMs)
  }

  refused(status: number): void {
    this.#refused[status] = (this.#refused[status] ?? 0) + 1
  }

  setFollow(all: boolean): void {
    this.#isFollowed = all
  }

  metrics(): { versions: VersionMetrics[]; refused: Record<string, number> } {
    const versions = [...this.#byVersion.values()].map((counters) => counters.toMetrics())
    return { versions, refused: { ...this.#refused } }
  }

  close(): void {
    this.#flush()
  }

  #countersOf(target: Target): VersionCounters {
    const key = `${target.functionName}:${target.label}`
    let counters = this.#byVersion.get(key)
    if (counters === undefined) {
      counters = new VersionCounters(target.functionName, String(target.label))
      this.#byVersion.set(key, counters)
    }
    this.#byTarget.set(target, counters)
    return counters
  }

  #isLogged(kind: OutcomeKind, invocation: Invocation, counters: VersionCounters, nowMs: number): boolean {
    if (failures.has(kind) || invocation.usage.coldStart) return true
    if (hasWords(kind, invocation)) return this.#verbose.take(nowMs)
    if (nowMs < counters.nextSampleAtMs) return false
    counters.nextSampleAtMs = nowMs + this.#sampleEveryMs
    return this.#samples.take(nowMs)
  }

  /** The record of what is not an answer: only if it says more than a number would. */
  #writeWords(
    invocation: Invocation,
    failure: FailedOutcome | null,
    phase: 'after' | 'init' | 'shutdown',
    atMs: number,
  ): void {
    const outcome = failure ?? { kind: 'ok' }
    if (!hasWords(outcome.kind, invocation)) return
    const isLogged = failures.has(outcome.kind) || this.#verbose.take(atMs)
    const isSent = isLogged || (this.#isFollowed && this.#followed.take(atMs))
    if (isSent) this.#write(invocation, outcome, { phase, status: null, atMs, isLogged })
    else this.#drop(invocation.usage)
  }

  #write(
    invocation: Invocation,
    outcome: { readonly kind: 'ok' } | FailedOutcome,
    how: {
      readonly phase: InvocationRecord['phase']
      readonly status: number | null
      readonly atMs: number
      readonly isLogged: boolean
    },
  ): void {
    const { wallMs, worker } = this.#options
    const { phase, status, atMs, isLogged } = how
    const timeMs = wallMs() - (atMs - invocation.arrivedAtMs)
    const whole = invocationRecord(invocation, outcome, { phase, status, settledAtMs: atMs, timeMs, worker })
    const words = wordsOf(whole)
    const record = words === 0 || this.#words.take(atMs, words) ? whole : withoutWords(whole)
    if (isLogged) this.#options.log[levelOf(outcome.kind)](record, 'invocation')
    if (this.#batch.length === maxBatch) this.#dropped++
    else this.#batch.push(record)
    this.#scheduleFlush()
  }

  /** Its record is not written; a later one must not bring the log lines of this one. */
  #drop(usage: InvocationUsage): void {
    usage.logLines = []
    this.#dropped++
    this.#scheduleFlush()
  }

  #scheduleFlush(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#schedule(() => this.#flush(), batchEveryMs)
  }

  #flush(): void {
    this.#isScheduled = false
    if (this.#batch.length === 0 && this.#dropped === 0) return
    const batch = this.#batch
    const dropped = this.#dropped
    this.#batch = []
    this.#dropped = 0
    this.#options.onRecords(batch, dropped)
  }
}

/**
 * Whether the record says more than a number would. Refusals of ours and clients that left count too, but under a
 * budget: they come in floods, and just then there is no time to write each.
 */
function hasWords(kind: OutcomeKind, invocation: Invocation): boolean {
  return kind !== 'ok' || invocation.usage.logLines.length > 0
}

function levelOf(kind: OutcomeKind): 'info' | 'warn' | 'error' {
  if (kind === 'ok' || kind === 'canceled') return 'info'
  return kind === 'internal_error' || kind === 'exception' ? 'error' : 'warn'
}
