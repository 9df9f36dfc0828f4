import { loaded } from '../boot/loaded.ts'
import { answerThrown, finishOne, type Invocation } from '../invocation/invocation.ts'
import { writeResult } from '../invocation/results.ts'
import { jsonParse, jsonStringify } from '../primordials.ts'
import { makeEventContext } from './event-context.ts'

/** Calls `handler` with an event given as JSON; what it returns is answered as JSON. Never rejects. */
export async function startHandler(invocation: Invocation, json: string): Promise<void> {
  try {
    const handler = loaded.handler!
    const result = await handler(jsonParse(json), makeEventContext(invocation))
    answerResult(invocation, jsonStringify(result) as string | undefined)
  } catch (thrown) {
    answerThrown(invocation, thrown)
  }
  finishOne(invocation)
}

/** What has no JSON (`undefined`, a function) is null. */
export function answerResult(invocation: Invocation, json: string | undefined): void {
  if (invocation.isAnswered) return
  writeResult(invocation.requestId, json ?? 'null')
  invocation.isAnswered = true
}
