import { DOMException } from '../event/dom-exception.ts'
import { takeOpBytes } from '../host.ts'
import { currentRequestId } from '../invocation/current-request.ts'
import { awaitOp, forgetOp } from '../invocation/pending-ops.ts'
import type { Deferred } from '../language/deferred.ts'
import { stringIndexOf, stringSlice, stringStartsWith, TypeError } from '../primordials.ts'
import type { CryptoRequest } from './crypto-request.ts'
import { callSubtle, restoreKey } from './host-crypto.ts'

/** What the host answered: text, and bytes that are taken at most once. */
export interface Answer {
  readonly text: string
  readonly bytes: () => ArrayBuffer
}

/** A call names three keys at most. */
const maxRestored = 3

/** Has the host do what the request says. Settles `deferred` with what `read` makes of the answer. Never throws. */
export function askHost<Value>(
  request: CryptoRequest,
  deferred: Deferred<Value>,
  read: (answer: Answer) => Value,
): void {
  const requestId = currentRequestId()
  const finish = (text: string, bytes: () => ArrayBuffer): void => {
    try {
      if (stringStartsWith(text, '!')) throw exceptionOf(text)
      deferred.resolve(read({ text, bytes }))
    } catch (thrown) {
      deferred.reject(thrown)
    }
  }
  const opId = awaitOp({
    requestId,
    resolve: (text) => finish(text, () => takeOpBytes(opId)),
    reject: (text) => finish(text, () => takeOpBytes(opId)),
  })
  const now = callNow(request, opId, requestId)
  if (now === undefined) return
  forgetOp(opId)
  if (typeof now === 'string') finish(now, () => takeOpBytes(opId))
  else finish('', () => now)
}

/** What the host says at once: the answer, or undefined if it comes later. */
function callNow(request: CryptoRequest, opId: number, requestId: number): string | ArrayBuffer | undefined {
  const json = request.json()
  const bytes = request.bytes()
  for (let restored = 0; ; restored++) {
    const now = callSubtle(opId, requestId, json, bytes)
    // The number of a key that it has put away.
    if (typeof now !== 'number') return now
    const key = request.keyOf(now)
    if (restored === maxRestored || key === undefined || !restoreKey(key.id, key.sealed)) {
      return '!OperationError\nCannot use the key: the host does not know it'
    }
  }
}

function exceptionOf(text: string): unknown {
  const nameEnd = stringIndexOf(text, '\n')
  const name = stringSlice(text, 1, nameEnd)
  const message = stringSlice(text, nameEnd + 1)
  return name === 'TypeError' ? new TypeError(message) : new DOMException(message, name)
}
