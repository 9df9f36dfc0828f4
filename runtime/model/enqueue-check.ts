import type { CallEvent } from './call.ts'
import type { Enqueued, EnqueueRequest } from './enqueue.ts'
import { fixedLimits } from './limits.ts'
import { firingIdPrefix } from './trigger-key.ts'

/** Letters, digits, signs and spaces of any language: what can be shown in a line of text. */
const printable = /^[^\p{C}\p{Zl}\p{Zp}]+$/u

/** Why a call cannot be accepted, whatever the state of the log; null = it may be. */
export function enqueueRefusal({
  event,
  delayMs,
  callerId,
}: Pick<EnqueueRequest, 'event' | 'delayMs' | 'callerId'>): Extract<Enqueued, { kind: 'refused' }> | null {
  const bytes = eventBytes(event)
  if (bytes > fixedLimits.maxAsyncBytes) {
    const problem = `its event has ${bytes} bytes, must be at most ${fixedLimits.maxAsyncBytes}`
    return { kind: 'refused', code: 'payload_too_large', message: `Cannot accept the call: ${problem}` }
  }
  const { maxDelayMs, maxCallerIdBytes } = fixedLimits
  if (!(Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= maxDelayMs)) {
    const problem = `its delay is ${delayMs} ms, must be a whole number from 0 to ${maxDelayMs}`
    return { kind: 'refused', code: 'bad_request', message: `Cannot accept the call: ${problem}` }
  }
  if (callerId === null) return null
  if (callerId.startsWith(firingIdPrefix)) {
    const problem = `its id begins with ${firingIdPrefix}, must begin otherwise: triggers name their calls so`
    return { kind: 'refused', code: 'bad_request', message: `Cannot accept the call: ${problem}` }
  }
  const idBytes = Buffer.byteLength(callerId)
  if (idBytes > maxCallerIdBytes || !printable.test(callerId)) {
    const problem = `its id has ${idBytes} bytes or cannot be printed, must be 1 to ${maxCallerIdBytes} bytes of printable text`
    return { kind: 'refused', code: 'bad_request', message: `Cannot accept the call: ${problem}` }
  }
  return null
}

/** What counts towards `fixedLimits.maxAsyncBytes`. */
export function eventBytes(event: CallEvent): number {
  if (event.kind !== 'http') return Buffer.byteLength(event.json)
  const { method, url, headers, body, clientAddress } = event
  // All ASCII but for the headers, which are byte strings: a character is a byte.
  return (
    method.length + url.length + headers.length + clientAddress.length + (body === null ? 0 : body.byteLength)
  )
}
