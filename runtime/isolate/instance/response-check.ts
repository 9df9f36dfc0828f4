import { fixedLimits } from '../../model/limits.ts'
import { ownCopy } from '../ops/own-copy.ts'

/** Why a guest's response cannot be written to a socket. Becomes the outcome `exception` with this text. */
export class BadResponse extends Error {
  constructor(problem: string) {
    super(`Cannot send the response: ${problem}`)
    this.name = 'BadResponse'
  }
}

const namePattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// Field values as RFC 9110 §5.5 has them: no control characters but tab, nothing beyond one byte.
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/

/** @throws BadResponse unless `status` is 200–599. */
export function checkStatus(status: number): number {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new BadResponse(`status ${status}, must be 200 to 599`)
  }
  return status
}

/** Header text that was found good, so that a function that always sends the same headers is checked once. */
const known = new Map<string, readonly string[]>()
const maxKnown = 1000
const maxKnownLength = 512

/**
 * Reads `name\nvalue\n…` into names (lower case) and values in turn.
 *
 * @throws BadResponse if a name or a value could end its header early (CR, LF, NUL), is not HTTP, or if all are too long.
 */
export function checkHeaders(text: string): readonly string[] {
  const before = known.get(text)
  if (before !== undefined) return before
  if (text.length > fixedLimits.maxResponseHeaderBytes) {
    throw new BadResponse(
      `${text.length} bytes of headers, must be at most ${fixedLimits.maxResponseHeaderBytes}`,
    )
  }
  // Both the headers and what is known outlive the frames that `text` was cut from.
  const own = ownCopy(text)
  const headers = own.split('\n')
  if (headers.pop() !== '' || headers.length % 2 !== 0)
    throw new BadResponse('headers are not pairs of name and value')
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    if (!namePattern.test(name)) throw new BadResponse(`header name ${quote(name)} is not a token`)
    if (!valuePattern.test(headers[index + 1]!))
      throw new BadResponse(`header ${quote(name)} has a value that is not allowed`)
    headers[index] = name.toLowerCase()
  }
  if (text.length <= maxKnownLength) {
    if (known.size === maxKnown) known.clear()
    known.set(own, headers)
  }
  return headers
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100))
}
