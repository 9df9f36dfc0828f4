import { bodyKind } from '../../abi.ts'
import type { ResponseState } from '../fetch/response-state.ts'
import { giveBytes, takeBodyBytes } from '../host.ts'
import { exactBuffer } from '../language/bytes.ts'
import { arrayBufferByteLength, TypeError, typedArrayByteLength, Uint8Array } from '../primordials.ts'
import type { Invocation } from './invocation.ts'
import { checkBodyLength, writeResponse } from './results.ts'

/**
 * Answers with a response whose body is at hand, or that the host can hand on by itself.
 *
 * @returns false if it is a stream that the guest makes: nothing was done.
 * @throws TypeError if the body was read before, or it is `Response.error()`; RangeError if it is too large.
 */
export function sendBuffered(invocation: Invocation, response: ResponseState): boolean {
  if (invocation.isAnswered) {
    response.body?.drop(undefined)
    return true
  }
  if (response.type === 'error') throw new TypeError('Cannot answer: the response is Response.error()')
  const { body } = response
  if (body === null) {
    write(invocation, response, bodyKind.none, 0, '')
    return true
  }
  const taken = body.take()
  if (taken === null) return false
  switch (taken.kind) {
    case 'text':
      checkBodyLength(taken.content.length)
      write(invocation, response, bodyKind.text, taken.content.length, taken.content)
      return true
    case 'bytes':
      sendBytes(invocation, response, taken.content)
      return true
    case 'host':
      sendBytes(invocation, response, new Uint8Array(takeBodyBytes(taken.content)))
      return true
    case 'hostStream':
      write(invocation, response, bodyKind.stream, taken.content.handOn(), '')
      return true
  }
}

function sendBytes(invocation: Invocation, response: ResponseState, bytes: Uint8Array): void {
  checkBodyLength(typedArrayByteLength(bytes))
  const buffer = exactBuffer(bytes)
  giveBytes(invocation.requestId, buffer)
  write(invocation, response, bodyKind.bytes, arrayBufferByteLength(buffer), '')
}

/** Answers; the body was handed over, or is in the text. */
export function write(
  invocation: Invocation,
  response: ResponseState,
  kind: number,
  length: number,
  text: string,
): void {
  writeResponse(invocation.requestId, response.status, response.headerText(), kind, length, text)
  invocation.isAnswered = true
}
