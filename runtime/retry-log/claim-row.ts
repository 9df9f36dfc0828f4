import { addToHistory } from '../model/attempt-history.ts'
import type { Attempt, CallProgress } from '../model/call.ts'
import { fixedLimits } from '../model/limits.ts'

/** What a row of `claims` says of the calls of its segment, by their index. Those that have gone on may be in it still. */
export interface ClaimRow {
  /** Calls that run, or whose lease ended, and since when. */
  readonly running: readonly (readonly [index: number, sinceMs: number])[]
  /** Told to end while they ran. */
  readonly stopping: readonly number[]
  /** When attempts began that ended with the process which had given the leases. */
  readonly cuts: readonly (readonly [index: number, sinceMs: readonly number[]])[]
}

const message = 'The supervisor ended before it was told how this ended'

/** The row after the process that wrote it has ended: what ran was cut. */
export function cutRow({ running, stopping, cuts }: ClaimRow): ClaimRow {
  const all = new Map(cuts)
  for (const [index, sinceMs] of running) {
    // More than a history holds are not told; the middle ones go there, and here.
    const before = all.get(index) ?? []
    const isFull = before.length >= fixedLimits.maxAttemptHistory
    all.set(index, [...(isFull ? before.toSpliced(fixedLimits.maxAttemptHistory / 2, 1) : before), sinceMs])
  }
  return { running: [], stopping, cuts: [...all] }
}

/** The progress of a call, with its attempts that were cut. */
export function progressWithCuts(progress: CallProgress, cuts: readonly number[] | undefined): CallProgress {
  if (cuts === undefined) return progress
  let { history } = progress
  for (const sinceMs of cuts) history = addToHistory(history, cutAttempt(progress.attempts + 1, sinceMs))
  return { ...progress, history }
}

/** How long it went on, and as what version if its alias picked it, nobody knows any more. */
function cutAttempt(number: number, startedAtMs: number): Attempt {
  return {
    number,
    counts: false,
    startedAtMs,
    durationMs: 0,
    executedVersion: null,
    outcome: 'interrupted',
    status: null,
    error: null,
    message,
    logLines: [],
  }
}
