import type { ByteSource } from './byte-source.ts'
import type { FunctionSettings } from './function.ts'
import type { Outcome } from './outcome.ts'
import type { VersionLabel, VersionManifest } from './version.ts'

/** An HTTP request as it crosses into an instance. Hostile input: nothing here was checked beyond HTTP's grammar. */
export interface HttpEvent {
  readonly kind: 'http'
  /** Upper case. */
  readonly method: string
  /** The whole URL, with scheme and host. */
  readonly url: string
  /** `name\nvalue\n` for each header, names in lower case; neither can hold a line feed. */
  readonly headers: string
  /** Whole, or as it comes. */
  readonly body: Uint8Array | ByteSource | null
  /** Address of the client as text. */
  readonly clientAddress: string
}

/** An event given by `invoke`, the retry log or a schedule: JSON text. */
export interface DirectEvent {
  readonly kind: 'direct'
  readonly json: string
}

/** A firing of a trigger, for a function that exports `scheduled`; others are given `json` as an event. */
export interface ScheduledEvent {
  readonly kind: 'scheduled'
  readonly json: string
  readonly cron: string
  /** Milliseconds since 1970. */
  readonly scheduledAtMs: number
}

/** What makes an invocation an attempt to run a call of the retry log. */
export interface AttemptContext {
  /** Counted from 1. */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly enqueuedAtMs: number
  /** Of the call, in its chain. */
  readonly depth: number
}

/** The version that was picked for an invocation; it finishes on it whatever happens to the registry meanwhile. */
export interface Target {
  readonly functionName: string
  readonly label: VersionLabel
  /** The alias that picked the version, null if a version was named. */
  readonly alias: string | null
  readonly manifest: VersionManifest
  readonly settings: FunctionSettings
}

/** What running an invocation took; filled in while it runs, complete when it settles. */
export interface InvocationUsage {
  /** Whether its instance had to be created or loaded first. */
  coldStart: boolean
  /** Milliseconds it waited for an instance. */
  waitMs: number
  cpuMs: number
  /** Highest heap seen of its instance, MiB; 0 if it was never sampled. */
  memoryMiB: number
  /** Those that no record holds yet. */
  logLines: LogLine[]
  /** What the lines count towards `fixedLimits.maxLogBytesPerInvocation`. */
  logBytes: number
  /** Bytes of log text that were dropped over the cap, and stand in no record yet. */
  droppedLogBytes: number
  /** The CPU that its record holds, in milliseconds; -1 = there is none yet. */
  recordedCpuMs: number
}

/** The usage of an invocation that has not begun. */
export function noUsage(): InvocationUsage {
  return {
    coldStart: false,
    waitMs: 0,
    cpuMs: 0,
    memoryMiB: 0,
    logLines: [],
    logBytes: 0,
    droppedLogBytes: 0,
    recordedCpuMs: -1,
  }
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogLine {
  readonly timeMs: number
  readonly level: LogLevel
  readonly text: string
}

/** One request to run a function. */
export interface Invocation {
  readonly id: string
  readonly target: Target
  readonly event: HttpEvent | DirectEvent | ScheduledEvent
  /** Null for whom somebody waits. */
  readonly attempt: AttemptContext | null
  /** On the monotonic clock (`performance.now()`). */
  readonly arrivedAtMs: number
  /** On the monotonic clock. Past it the invocation ends as `exceeded_wall_time`, or `overloaded` if it never began. */
  readonly deadlineMs: number
  readonly usage: InvocationUsage
  /** Called exactly once, as a method (it may need its `this`), never from within `invoke`. */
  onSettled(outcome: Outcome): void
}

/** Runs invocations: the pool of one process. All triggers go through it. */
export interface Invoker {
  /** Takes the invocation; it settles exactly once. Never throws. */
  invoke(invocation: Invocation): void
  /** The caller went away: the invocation settles as `canceled`, unless it has settled. */
  cancel(invocation: Invocation): void
}
