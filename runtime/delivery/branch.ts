/** The branches of the ladder (`ladder.ts`), as they are logged and counted. */
export const branches = [
  /** It may be tried. */
  'run',
  'succeeded',
  /** It was told to stop, and did not succeed. */
  'stopped',
  'chain_too_deep',
  'age_exceeded',
  'function_gone',
  'destination_gone',
  /** What it ran answered that another attempt would change nothing. */
  'final_failure',
  'retries_exhausted',
  /** The attempt failed and counts: again after a backoff. */
  'backoff',
  /** The attempt does not count: again after a wait that grows. */
  'setback',
  /** The same for the first time, and by no fault of the function: again now. */
  'again_at_once',
] as const

export type Branch = (typeof branches)[number]
