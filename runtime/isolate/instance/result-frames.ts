import type { GuestError } from '../../model/outcome.ts'
import { bodyKind, resultFrame } from '../abi.ts'

/** What a collected frame says. */
export type GuestResult =
  | {
      readonly kind: 'response'
      readonly requestId: number
      readonly status: number
      readonly headers: string
      readonly bodyKind: number
      /** Of a body that is a sink or a stream. */
      readonly bodyId: number
      /** Empty unless the body is text. */
      readonly bodyText: string
    }
  | { readonly kind: 'error'; readonly requestId: number; readonly error: GuestError }
  | { readonly kind: 'result'; readonly requestId: number; readonly json: string }
  | { readonly kind: 'done'; readonly requestId: number }

/** What came out of the isolate is not what the bootstrap writes: the guest got at it. The instance is condemned. */
export class BrokenFrames extends Error {
  constructor() {
    super('The instance returned frames that cannot be read')
    this.name = 'BrokenFrames'
  }
}

const comma = 44
const zero = 48
/** Whole numbers of so many digits are exact. */
const maxDigits = 15

/**
 * Reads what `collect` returned.
 *
 * @throws BrokenFrames if a number or a length is not what it must be.
 */
export function readResults(collected: unknown, take: (result: GuestResult) => void): void {
  if (typeof collected !== 'string') throw new BrokenFrames()
  if (collected === '') return
  const all: string = collected
  const metaEnd = all.indexOf('\n')
  if (metaEnd === -1) throw new BrokenFrames()
  let at = 0
  let textAt = metaEnd + 1

  /** Digit by digit: cutting all of them apart first takes several times as long. */
  function number(): number {
    const start = at
    let value = 0
    for (; at < metaEnd; at++) {
      const digit = all.charCodeAt(at) - zero
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    const digits = at - start
    if (digits === 0 || digits > maxDigits) throw new BrokenFrames()
    if (at < metaEnd && all.charCodeAt(at) !== comma) throw new BrokenFrames()
    at++
    return value
  }
  function text(length: number): string {
    const end = textAt + length
    if (end > all.length) throw new BrokenFrames()
    const slice = all.slice(textAt, end)
    textAt = end
    return slice
  }

  while (at < metaEnd) {
    const kind = number()
    const requestId = number()
    switch (kind) {
      case resultFrame.response: {
        const status = number()
        const headers = text(number())
        const body = number()
        const bodyLength = number()
        const bodyText = body === bodyKind.text ? text(bodyLength) : ''
        take({ kind: 'response', requestId, status, headers, bodyKind: body, bodyId: bodyLength, bodyText })
        break
      }
      case resultFrame.error: {
        const nameLength = number()
        const messageLength = number()
        const stackLength = number()
        const error = { name: text(nameLength), message: text(messageLength), stack: text(stackLength) }
        take({ kind: 'error', requestId, error })
        break
      }
      case resultFrame.result:
        take({ kind: 'result', requestId, json: text(number()) })
        break
      case resultFrame.done:
        take({ kind: 'done', requestId })
        break
      default:
        throw new BrokenFrames()
    }
  }
  if (textAt !== all.length) throw new BrokenFrames()
}
