import { fixedLimits } from '../../../model/limits.ts'
import { jsonStringify, TypeError } from '../primordials.ts'
import { EnqueueError } from './enqueue-error.ts'

/** The event of a call, as JSON. No event is `{}`, as for `isolette invoke`. @throws TypeError if there is no JSON for it */
export function eventJson(event: unknown): string {
  if (event === undefined) return '{}'
  const json = jsonStringify(event) as string | undefined
  if (json === undefined)
    throw new TypeError(`Cannot enqueue: the event is of type ${typeof event}, must have JSON`)
  // In UTF-16 units there are never more than bytes. Copying more to the host could not be interrupted.
  if (json.length > fixedLimits.maxAsyncBytes) {
    const message = `Cannot accept the call: its event has at least ${json.length} bytes, must be at most ${fixedLimits.maxAsyncBytes}`
    throw new EnqueueError('payload_too_large', message)
  }
  return json
}
