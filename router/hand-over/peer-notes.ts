import type {
  FailedOutcome,
  Invocation,
  InvocationUsage,
  LogLine,
  VersionId,
  VersionLabel,
} from '../../runtime/index.ts'

/** An invocation that is handed over, as JSON. Times are spans: the clocks of two processes do not begin together. */
export interface StartNote {
  readonly id: string
  readonly functionName: string
  readonly label: VersionLabel
  readonly alias: string | null
  readonly versionId: VersionId
  /** Since it arrived. */
  readonly ageMs: number
  /** Until its deadline. */
  readonly leftMs: number
  readonly attempt: Invocation['attempt']
  readonly event: StartEvent
}

export type StartEvent =
  | {
      readonly kind: 'http'
      readonly method: string
      readonly url: string
      readonly headers: string
      readonly clientAddress: string
      /** `whole`: it came before, in parts. */
      readonly body: 'none' | 'whole' | 'stream'
    }
  /** Its JSON came before, in parts. */
  | { readonly kind: 'direct' }
  /** The same. */
  | { readonly kind: 'scheduled'; readonly cron: string; readonly scheduledAtMs: number }

/** What it took, since the last note of it where that is a sum. */
export interface UsageNote {
  readonly coldStart: boolean
  readonly waitMs: number
  readonly cpuMs: number
  readonly memoryMiB: number
  readonly logLines: readonly LogLine[]
  readonly droppedLogBytes: number
}

export interface SettledNote {
  readonly usage: UsageNote
  readonly outcome:
    | FailedOutcome
    | {
        readonly kind: 'ok'
        /** Null: a direct event's result came before, in parts. */
        readonly response: {
          readonly status: number
          readonly headers: readonly string[]
          readonly body: 'none' | 'whole' | 'stream'
        } | null
      }
}

export interface FailNote {
  readonly failure: FailedOutcome
  /** Null of a request's body. */
  readonly usage: UsageNote | null
}

/** Takes what is to be told of a usage: the lines stand in the origin's record, not in one of ours. */
export function takeUsage(usage: InvocationUsage): UsageNote {
  const { coldStart, waitMs, cpuMs, memoryMiB, logLines, droppedLogBytes } = usage
  usage.logLines = []
  usage.droppedLogBytes = 0
  return { coldStart, waitMs, cpuMs, memoryMiB, logLines, droppedLogBytes }
}

export function addUsage(usage: InvocationUsage, note: UsageNote): void {
  usage.coldStart = note.coldStart
  usage.waitMs = note.waitMs
  usage.cpuMs = note.cpuMs
  usage.memoryMiB = note.memoryMiB
  usage.logLines.push(...note.logLines)
  usage.droppedLogBytes += note.droppedLogBytes
}
