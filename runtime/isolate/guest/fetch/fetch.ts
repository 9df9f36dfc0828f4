import { isAborted, onAbort, reasonOf } from '../event/abort-signal.ts'
import { beginFetch, cancelOp, takeOpBytes } from '../host.ts'
import { currentRequestId } from '../invocation/current-request.ts'
import { awaitOp, forgetOp } from '../invocation/pending-ops.ts'
import { exactBuffer } from '../language/bytes.ts'
import { Deferred } from '../language/deferred.ts'
import { jsonParse, jsonStringify, TypeError, Uint8Array } from '../primordials.ts'
import { Body } from './body.ts'
import { HeaderList } from './header-list.ts'
import { Request, requestStateOf } from './request.ts'
import type { RequestInit } from './request-init.ts'
import type { RequestState } from './request-state.ts'
import { type Response, wrapResponse } from './response.ts'
import { ResponseState } from './response-state.ts'

/** The Fetch standard's `fetch`, for http and https. Bodies are buffered, both ways. */
export async function fetch(input: unknown, init?: RequestInit): Promise<Response> {
  const requestId = currentRequestId()
  const state = requestStateOf(new Request(input, init))!
  const { signal } = state
  if (isAborted(signal)) throw reasonOf(signal)
  const bytes = state.body === null ? undefined : exactBuffer(await state.body.bytes())
  if (isAborted(signal)) throw reasonOf(signal)
  const answer = new Deferred<Response>()
  const opId = awaitOp({
    requestId,
    resolve(text) {
      stopListening()
      try {
        answer.resolve(readAnswer(text, takeOpBytes(opId)))
      } catch (reason) {
        answer.reject(reason)
      }
    },
    reject(message) {
      stopListening()
      answer.reject(new TypeError(message))
    },
  })
  const stopListening = onAbort(signal, () => {
    forgetOp(opId)
    cancelOp(opId)
    answer.reject(reasonOf(signal))
  })
  beginFetch(opId, requestId, headOf(state), bytes)
  return answer.promise
}

function headOf(state: RequestState): string {
  const { method, url, redirect, headers } = state
  return jsonStringify({ __proto__: null, method, url, headers: headers.lines(), redirect })
}

/** What the host answers with, as JSON. */
interface Answer {
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly redirected: boolean
  readonly headers: readonly (readonly [string, string])[]
}

function readAnswer(json: string, bytes: ArrayBuffer): Response {
  const answer = jsonParse(json) as Answer
  const state = new ResponseState()
  state.status = answer.status
  state.statusText = answer.statusText
  state.url = answer.url
  state.isRedirected = answer.redirected
  state.type = 'basic'
  state.isImmutable = true
  const headers = new HeaderList()
  for (let index = 0; index < answer.headers.length; index++) {
    headers.append(answer.headers[index]![0], answer.headers[index]![1])
  }
  state.headers = headers
  if (!hasNoBody(answer.status)) state.body = new Body('bytes', new Uint8Array(bytes))
  return wrapResponse(state)
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}
