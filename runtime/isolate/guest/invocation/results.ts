import { fixedLimits } from '../../../model/limits.ts'
import { resultFrame } from '../../abi.ts'
import { RangeError, stringSlice } from '../primordials.ts'

/**
 * What the next `collect` returns. Text of all frames of one entry; a rope of V8 until the host copies it, so that a
 * response costs no copy in here.
 */
let meta = ''
let text = ''

/** V8's longest string has 2^29 - 24 units; beyond it the concatenation would throw in the middle of a frame. */
const maxTextUnits = 2 ** 28

/** @throws RangeError if the text is more than one `collect` can carry; nothing is written then. */
function reserve(units: number): void {
  if (text.length + units > maxTextUnits) {
    throw new RangeError(`Cannot answer: ${units} units of text, too many for what is answered together`)
  }
}

/**
 * To be called before the body is handed over in whatever way.
 *
 * @throws RangeError if the host takes no body of that length.
 */
export function checkBodyLength(length: number): void {
  if (length <= fixedLimits.maxResponseBodyBytes) return
  throw new RangeError(
    `Cannot answer: body of ${length} bytes, must be at most ${fixedLimits.maxResponseBodyBytes}`,
  )
}

/** `body` is '' unless it is text; `bodyLength` is in units of text, or in bytes given before. */
export function writeResponse(
  requestId: number,
  status: number,
  headers: string,
  kind: number,
  bodyLength: number,
  body: string,
): void {
  reserve(headers.length + body.length)
  meta += `,${resultFrame.response},${requestId},${status},${headers.length},${kind},${bodyLength}`
  text += headers + body
}

export function writeResult(requestId: number, json: string): void {
  reserve(json.length)
  meta += `,${resultFrame.result},${requestId},${json.length}`
  text += json
}

/** The texts are short: see `describeThrown`. */
export function writeError(requestId: number, name: string, message: string, stack: string): void {
  meta += `,${resultFrame.error},${requestId},${name.length},${message.length},${stack.length}`
  text += name + message + stack
}

export function writeDone(requestId: number): void {
  meta += `,${resultFrame.done},${requestId}`
}

/** What was written since the last call, as `collect` returns it. */
export function takeResults(): string {
  if (meta === '') return ''
  // Every frame begins with a comma.
  const results = `${stringSlice(meta, 1)}\n${text}`
  meta = ''
  text = ''
  return results
}
