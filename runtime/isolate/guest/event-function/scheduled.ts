import { loaded } from '../boot/loaded.ts'
import { envOf } from '../invocation/env-of.ts'
import { ExecutionContext } from '../invocation/execution-context.ts'
import { answerThrown, finishOne, type Invocation } from '../invocation/invocation.ts'
import { apply, jsonParse, jsonStringify, TypeError } from '../primordials.ts'
import { answerResult } from './event-call.ts'

/** A firing of a trigger. */
export interface Firing {
  readonly cron: string
  /** The time that its line names, in milliseconds since 1970. */
  readonly scheduledTime: number
}

/** Calls `scheduled`; `json` is the event that the trigger names. What it returns is answered as JSON. Never rejects. */
export async function startScheduled(invocation: Invocation, json: string, firing: Firing): Promise<void> {
  try {
    const { self, call } = loaded.scheduled!
    const { cron, scheduledTime } = firing
    const event = { type: 'scheduled', cron, scheduledTime, event: jsonParse(json) as unknown }
    const context = new ExecutionContext(invocation)
    const result: unknown = await apply(call, self, [event, envOf(invocation), context])
    answerResult(invocation, jsonStringify(result) as string | undefined)
  } catch (thrown) {
    answerThrown(invocation, thrown)
  }
  finishOne(invocation)
}

/** The handler of modules that have none. */
export function refuseEvent(): never {
  throw new TypeError('Cannot answer: the module exports only scheduled, which triggers alone call')
}
