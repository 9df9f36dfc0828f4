import { loaded } from '../boot/loaded.ts'
import { HeaderList } from '../fetch/header-list.ts'
import {
  answerThrown,
  finishOne,
  type HttpInput,
  type Invocation,
  keepWaiting,
} from '../invocation/invocation.ts'
import { sendBuffered } from '../invocation/send-response.ts'
import { awaitEventBody, eventBody } from './event-body.ts'
import { makeEventContext } from './event-context.ts'
import { responseOfResult } from './event-response.ts'
import { httpEvent } from './http-event.ts'

/**
 * Calls `handler` with an HTTP request as an AWS Lambda function URL would: payload 2.0, and its rules for the answer.
 * Never rejects.
 */
export async function startFunctionUrl(invocation: Invocation, input: HttpInput): Promise<void> {
  keepWaiting(invocation)
  try {
    const headers = HeaderList.parse(input.headers)
    const contentType = headers.get('content-type') ?? ''
    const body =
      eventBody(invocation, input, contentType) ?? (await awaitEventBody(invocation, input, contentType))
    const event = httpEvent(invocation, input, headers, body)
    const result = await loaded.handler!(event, makeEventContext(invocation))
    sendBuffered(invocation, responseOfResult(result))
  } catch (thrown) {
    answerThrown(invocation, thrown)
  }
  finishOne(invocation)
}
