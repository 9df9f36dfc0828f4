import type { Attempt } from './call.ts'
import { fixedLimits } from './limits.ts'

const { maxAttemptHistory } = fixedLimits

/** The history with one more; of too many, those in the middle go: how it began and how it stands are what is asked. */
export function addToHistory(history: readonly Attempt[], attempt: Attempt): readonly Attempt[] {
  if (history.length < maxAttemptHistory) return [...history, attempt]
  return [...history.toSpliced(maxAttemptHistory / 2, 1 + history.length - maxAttemptHistory), attempt]
}
