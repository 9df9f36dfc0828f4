import { isAborted, onAbort, reasonOf } from '../event/abort-signal.ts'
import { cancelOp, takeOpBytes } from '../host.ts'
import { currentRequestId } from '../invocation/current-request.ts'
import { awaitOp, forgetOp } from '../invocation/pending-ops.ts'
import { Deferred } from '../language/deferred.ts'
import {
  jsonParse,
  jsonStringify,
  stringStartsWith,
  TypeError,
  Uint8Array,
  WeakRef,
  weakRefDeref,
} from '../primordials.ts'
import { Body } from './body.ts'
import { HeaderList } from './header-list.ts'
import { beginFetch } from './host-fetch.ts'
import { HostStream } from './host-stream.ts'
import { Request, requestStateOf } from './request.ts'
import type { RequestInit } from './request-init.ts'
import type { RequestState } from './request-state.ts'
import { type Response, wrapResponse } from './response.ts'
import { ResponseState } from './response-state.ts'
import { watchAnswer } from './unread-answers.ts'

/** The Fetch standard's `fetch`, for http, https and `data:`. Bodies move as they are written and read, both ways. */
export async function fetch(input: unknown, init?: RequestInit): Promise<Response> {
  const requestId = currentRequestId()
  const state = stateOf(input, init)
  const { signal } = state
  if (isAborted(signal)) {
    const reason = reasonOf(signal)
    state.body?.drop(reason)
    throw reason
  }
  if (stringStartsWith(state.url, 'data:')) return require('../fetch/data-url.ts').answerDataUrl(state)
  const upload = state.body === null ? null : require('../fetch/upload.ts').takeUpload(state.body, requestId)
  const answer = new Deferred<Response>()
  let stopListening = () => {}
  const opId = awaitOp({
    requestId,
    resolve(text) {
      stopListening()
      try {
        const head = jsonParse(text) as Answer
        const body = bodyOf(head, opId, requestId)
        if (body?.kind === 'hostStream') {
          followSignal(state, body.content)
          watchAnswer(body.content)
        }
        answer.resolve(responseOf(head, body))
      } catch (reason) {
        answer.reject(reason)
      }
    },
    reject(message) {
      stopListening()
      const reason = new TypeError(message)
      upload?.stop(reason)
      answer.reject(reason)
    },
  })
  stopListening = onAbort(signal, () => {
    const reason = reasonOf(signal)
    forgetOp(opId)
    cancelOp(opId)
    upload?.stop(reason)
    answer.reject(reason)
  })
  beginFetch(opId, requestId, headOf(state), upload?.body)
  upload?.begin()
  return answer.promise
}

/** A request that is sent as it is needs no copy, which would have to read its body. */
function stateOf(input: unknown, init: RequestInit | undefined): RequestState {
  const state = init === undefined ? requestStateOf(input) : null
  return state ?? requestStateOf(new Request(input, init))!
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
  /** -1 = none, 0 = whole, else the id of the stream that it comes as. */
  readonly body: number
}

type AnsweredBody =
  | { readonly kind: 'bytes'; readonly content: Uint8Array }
  | { readonly kind: 'hostStream'; readonly content: HostStream }

function bodyOf({ body }: Answer, opId: number, requestId: number): AnsweredBody | null {
  if (body === -1) return null
  if (body === 0) return { kind: 'bytes', content: new Uint8Array(takeOpBytes(opId)) }
  return { kind: 'hostStream', content: new HostStream(body, requestId) }
}

/** The body fails when the request's signal aborts. The signal, which may live on, does not keep it. */
function followSignal({ signal }: RequestState, stream: HostStream): void {
  const held = new WeakRef(stream)
  stream.onOver = onAbort(signal, () => weakRefDeref(held)?.fail(reasonOf(signal)))
}

function responseOf(answer: Answer, body: AnsweredBody | null): Response {
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
  if (body !== null) state.body = new Body(body.kind, body.content)
  return wrapResponse(state)
}
