interface ScheduledEvent {
  type: 'scheduled'
  /** The line of the trigger. */
  cron: string
  /** The time that the line names, in milliseconds since 1970: it may be a little earlier than now. */
  scheduledTime: number
  /** What the trigger has as `event`. */
  event: { task: string }
}

interface Context {
  attempt: number
}

/** Called at each time that a trigger in `function.jsonc` names, and by nobody else. */
export default {
  scheduled({ scheduledTime, event }: ScheduledEvent, _env: unknown, ctx: Context) {
    const time = new Date(scheduledTime).toISOString()
    console.log(`${event.task} of ${time}, attempt ${ctx.attempt}`)
    return { task: event.task, time }
  },
}
