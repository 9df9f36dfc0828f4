/** What may become of a time that a trigger names. */
export const scheduleDecisions = [
  /** A call was enqueued. */
  'fired',
  /** It came while nobody looked, too long ago or before another that is made up for. */
  'missed',
  /** The call of an earlier firing has not ended. */
  'overlap',
  /** As many calls of the function wait or run as may. */
  'queue_full',
  /** The alias or version that the trigger is for is not there. */
  'no_version',
  /** The log cannot be written: it is tried again until the next time comes. */
  'failed',
] as const

export type ScheduleDecision = (typeof scheduleDecisions)[number]
