import { HostStream } from '../fetch/host-stream.ts'
import { takeBodyBytes, takeBodyText } from '../host.ts'
import type { HttpInput, Invocation } from '../invocation/invocation.ts'
import { Uint8Array } from '../primordials.ts'
import { encodeBase64 } from '../text/base64.ts'
import { isTextType } from './media-text.ts'

/** What an HTTP event says of the request's body, which is left out if there is none. */
export interface EventBody {
  readonly body?: string
  readonly isBase64Encoded: boolean
}

/** The body of a request, if all of it is there; null if it comes as a stream. */
export function eventBody(
  { requestId }: Invocation,
  { body }: HttpInput,
  contentType: string,
): EventBody | null {
  if (body > 0) return null
  if (body === -1) return { isBase64Encoded: false }
  if (isTextType(contentType)) return { body: takeBodyText(requestId), isBase64Encoded: false }
  return { body: encodeBase64(new Uint8Array(takeBodyBytes(requestId))), isBase64Encoded: true }
}

/** The same of a body that comes as a stream: all of it. */
export async function awaitEventBody(
  { requestId }: Invocation,
  { body }: HttpInput,
  contentType: string,
): Promise<EventBody> {
  const stream = new HostStream(body, requestId)
  if (isTextType(contentType)) return { body: await stream.text(), isBase64Encoded: false }
  return { body: encodeBase64(await stream.bytes()), isBase64Encoded: true }
}
