import { loaded } from '../boot/loaded.ts'
import type { Firing } from '../event-function/scheduled.ts'
import { incomingRequest } from '../fetch/request.ts'
import { responseStateOf } from '../fetch/response.ts'
import type { ResponseState } from '../fetch/response-state.ts'
import { nameOf } from '../language/name-of.ts'
import { TypeError } from '../primordials.ts'
import { envOf } from './env-of.ts'
import { ExecutionContext } from './execution-context.ts'
import { answerThrown, finishOne, type HttpInput, type Invocation, keepWaiting } from './invocation.ts'
import { sendBuffered } from './send-response.ts'

/** Calls the function with an HTTP request. Never throws: what the function throws is its answer. */
export function startHttp(invocation: Invocation, input: HttpInput): void {
  const { application } = loaded
  let answer: unknown
  try {
    if (application === null) {
      require('../event-function/function-url.ts').startFunctionUrl(invocation, input)
      return
    }
    const request = incomingRequest(invocation, input)
    answer = application.fetch(request, envOf(invocation), new ExecutionContext(invocation))
    const response = responseStateOf(answer)
    if (response !== null && sendBuffered(invocation, response)) {
      finishOne(invocation)
      return
    }
  } catch (thrown) {
    answerThrown(invocation, thrown)
    finishOne(invocation)
    return
  }
  keepWaiting(invocation)
  void finishLater(invocation, answer)
}

/** Never rejects: nobody would catch it. */
async function finishLater(invocation: Invocation, answer: unknown): Promise<void> {
  try {
    const response = checkResponse(await answer)
    if (!sendBuffered(invocation, response)) {
      await require('../invocation/stream-response.ts').sendStream(invocation, response)
    }
  } catch (thrown) {
    answerThrown(invocation, thrown)
  }
  finishOne(invocation)
}

/** @throws TypeError unless it is a `Response`. */
export function checkResponse(value: unknown): ResponseState {
  const response = responseStateOf(value)
  if (response !== null) return response
  throw new TypeError(`Cannot answer: fetch returned ${nameOf(value)}, must be a Response`)
}

/**
 * Calls the function with an event that is given as JSON: if a trigger fires, `scheduled`, should there be one. Never
 * throws.
 */
export function startEvent(invocation: Invocation, json: string, firing: Firing | null): void {
  keepWaiting(invocation)
  try {
    if (firing !== null && loaded.scheduled !== null)
      require('../event-function/scheduled.ts').startScheduled(invocation, json, firing)
    else if (loaded.application === null)
      require('../event-function/event-call.ts').startHandler(invocation, json)
    else require('../event-function/direct-fetch.ts').startDirectFetch(invocation, json)
  } catch (thrown) {
    // Its module could not be evaluated: a guest can bring that about.
    answerThrown(invocation, thrown)
    finishOne(invocation)
  }
}
