import type { HttpResponse as UwsResponse } from 'uWebSockets.js'
import type { ByteSource, HttpResponse, Outcome } from '../../runtime/index.ts'
import { breakConnection } from './break-connection.ts'
import { exchangeFailures } from './exchange-failures.ts'
import type { PickedTarget } from './pick-target.ts'
import { declaredLength, type ResponseHead, withClose } from './response-head.ts'
import type { ResponseWriter } from './response-writer.ts'
import { failureAnswer } from './status-table.ts'

/** Who is answered. */
export interface Addressee {
  readonly id: string
  readonly target: PickedTarget
  readonly event: { readonly method: string }
  readonly response: UwsResponse
  /** The response is written, or there will be none. Perhaps called before the writing returns. */
  onSent(): void
}

/**
 * - `keep` – the connection goes on
 * - `tell` – the client is told to end it
 * - `close` – and we end it too
 */
export type Ending = 'keep' | 'tell' | 'close'

/** Writes the response to an outcome, all at once; of a body that streams nothing. Returns its status, null if there is none. */
export function writeAnswer(
  writer: ResponseWriter,
  to: Addressee,
  outcome: Outcome,
  ending: Ending,
): number | null {
  if (outcome.kind === 'ok' && outcome.response !== null) {
    const { status, headers, body } = outcome.response
    const head = ended(to.target.heads.compose(status, headers, to.id), ending, writer)
    const whole = isSource(body) ? null : body
    if (to.event.method === 'HEAD')
      writeWithoutBody(writer, to, head, lengthOf(whole) ?? declaredLength(headers))
    else if (hasBody(to.event.method, status)) write(writer, to, head, whole, ending === 'close')
    else writeWithoutBody(writer, to, head, undefined)
    return status
  }
  const failed = outcome.kind === 'ok' ? exchangeFailures.noResponse : outcome
  const failure = failureAnswer(failed, to.target.settings.exposeErrors)
  if (failure === null) {
    // Canceled, but not by the client: it is still there, and must not wait for ever.
    breakConnection(to.response)
    to.onSent()
    return null
  }
  const head = ended(to.target.heads.composeFailure(failure.status, failure.headers, to.id), ending, writer)
  if (to.event.method === 'HEAD') writeWithoutBody(writer, to, head, Buffer.byteLength(failure.body))
  else write(writer, to, head, failure.body, ending === 'close')
  return failure.status
}

/** Whether a response to that method with that status has a body. */
export function hasBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304
}

export function isSource(body: HttpResponse['body']): body is ByteSource {
  return typeof body === 'object' && body !== null && !(body instanceof Uint8Array)
}

export function lengthOf(body: string | Uint8Array | null): number | undefined {
  if (body === null) return undefined
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
}

function write(
  writer: ResponseWriter,
  to: Addressee,
  head: ResponseHead,
  body: string | Uint8Array | null,
  close: boolean,
): void {
  if (body !== null && writer.isLarge(body)) {
    writer.writeLarge(to.response, head, body, () => to.onSent())
  } else {
    writer.write(to.response, head, body, close)
    to.onSent()
  }
}

function writeWithoutBody(
  writer: ResponseWriter,
  to: Addressee,
  head: ResponseHead,
  contentLength: number | undefined,
): void {
  writer.writeWithoutBody(to.response, head, contentLength)
  to.onSent()
}

/** A writer that ends all connections says so itself. */
function ended(head: ResponseHead, ending: Ending, writer: ResponseWriter): ResponseHead {
  return ending === 'tell' && !writer.isClosing ? withClose(head) : head
}
