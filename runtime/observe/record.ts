import type { LogLine } from '../model/invocation.ts'
import type { GuestError, OutcomeKind } from '../model/outcome.ts'

/** What is kept of one invocation: a line in the log, an entry for `isolette logs`. */
export interface InvocationRecord {
  readonly id: string
  /**
   * `call`: how it was answered. `after`: what it did from then on (`ctx.waitUntil`, listeners of its signal), if that
   * logged something or failed; `outcome`, `error` and the log lines are of that alone, times and CPU of the whole.
   * `init` and `shutdown`: the hook of an instance, if it logged something or failed.
   */
  readonly phase: 'call' | 'after' | 'init' | 'shutdown'
  /** Wall clock, when it arrived. */
  readonly timeMs: number
  readonly function: string
  /** `3` or `$LATEST`. */
  readonly version: string
  readonly alias: string | null
  /** `instance`: it began or ended, and nobody asked. */
  readonly trigger: 'http' | 'direct' | 'scheduled' | 'instance'
  /** Which attempt to run the call of that id, from 1; null = somebody waited for the answer. */
  readonly attempt: number | null
  readonly method: string | null
  /** Path only: queries hold secrets more often than not. */
  readonly path: string | null
  readonly outcome: OutcomeKind
  /** HTTP status that was answered; null for direct events, clients that left, and `after`. */
  readonly status: number | null
  readonly coldStart: boolean
  readonly waitMs: number
  readonly durationMs: number
  readonly cpuMs: number
  readonly maxMemoryMiB: number
  readonly error: GuestError | null
  /** Why, for failures that are not the guest's exception. */
  readonly message: string | null
  readonly logLines: readonly LogLine[]
  readonly droppedLogBytes: number
  readonly worker: number
}
