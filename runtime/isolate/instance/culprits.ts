import type { Pending } from './pending.ts'

/** Who took part in one entry. */
export interface Entry {
  /** Requests whose handler was to be called, in order. */
  readonly starting: readonly Pending[]
  /** Everyone something was done for: those that start, and those whose op replies or timers came. */
  readonly participants: ReadonlySet<Pending>
}

/** How far the guest got through an entry, as it noted in shared memory. */
export interface EntryProgress {
  /** A handler was being called: that of the last that was started. */
  readonly isStarting: boolean
  readonly startedCount: number
}

/**
 * Who is to blame when an instance had to be ended in an entry.
 *
 * While a handler is being called, its request is. Once all were called (the guest runs promise reactions), nobody can
 * tell: all who took part are.
 */
export function culpritsOf(
  entry: Entry,
  progress: EntryProgress,
): { readonly culprits: ReadonlySet<Pending>; readonly begun: ReadonlySet<Pending> } {
  const { starting, participants } = entry
  const begun = new Set(starting.slice(0, Math.max(0, progress.startedCount)))
  const last = starting[progress.startedCount - 1]
  if (progress.isStarting && last !== undefined) return { culprits: new Set([last]), begun }
  const notBegun = new Set(starting.filter((pending) => !begun.has(pending)))
  return { culprits: participants.difference(notBegun) as ReadonlySet<Pending>, begun }
}
