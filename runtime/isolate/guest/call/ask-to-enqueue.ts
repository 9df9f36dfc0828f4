import { op } from '../../abi.ts'
import { call } from '../host.ts'
import { awaitOp } from '../invocation/pending-ops.ts'
import { Deferred } from '../language/deferred.ts'
import { defineOwn } from '../language/define-own.ts'
import { hasOwn, jsonParse, TypeError } from '../primordials.ts'
import { EnqueueError } from './enqueue-error.ts'

/** What the host answers: see `op.enqueue`. */
type Answer = { readonly invocationId: string } | Refusal

interface Refusal {
  readonly code: string
  readonly message: string
  /** Of the call that was given the same `id` before. */
  readonly details: { readonly invocationId?: string; readonly state?: string | null }
}

/** The id of the call, when it is accepted. @throws TypeError or EnqueueError if it is not */
export async function askToEnqueue(
  requestId: number,
  binding: string,
  json: string,
  options: string,
): Promise<string> {
  const told = new Deferred<string>()
  const opId = awaitOp({
    requestId,
    resolve: (text) => told.resolve(text),
    reject: (message) => told.reject(new TypeError(message)),
  })
  call(op.enqueue, opId, requestId, binding, json, options)
  const answer = jsonParse(await told.promise) as Answer
  if (isRefusal(answer)) throw errorOf(answer)
  return answer.invocationId
}

function isRefusal(answer: Answer): answer is Refusal {
  return hasOwn(answer, 'code')
}

function errorOf({ code, message, details }: Refusal): Error {
  // The only thing that the guest chose and that can be wrong is an option.
  if (code === 'bad_request') return new TypeError(message)
  const error = new EnqueueError(code, message)
  if (!hasOwn(details, 'invocationId')) return error
  defineOwn(error, 'invocationId', details.invocationId)
  defineOwn(error, 'state', details.state)
  return error
}
