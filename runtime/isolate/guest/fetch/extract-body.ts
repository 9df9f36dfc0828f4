import { copyBytes, isBufferSource } from '../language/bytes.ts'
import { TypeError } from '../primordials.ts'
import { Body } from './body.ts'

export interface ExtractedBody {
  readonly body: Body
  /** The `content-type` that such a body implies; null = none. */
  readonly contentType: string | null
}

export const plainText = 'text/plain;charset=UTF-8'

/** Makes a body of what `new Response(init)` or a request's `body` may be; whatever is nothing else is text. */
export function extractBody(init: unknown): ExtractedBody {
  if (typeof init === 'object' && init !== null) {
    if (isBufferSource(init)) return { body: new Body('bytes', copyBytes(init)), contentType: null }
    return extractObject(init)
  }
  return { body: new Body('text', `${init as string}`), contentType: plainText }
}

function extractObject(init: object): ExtractedBody {
  if (require('../url/url-search-params.ts').isSearchParams(init)) {
    const contentType = 'application/x-www-form-urlencoded;charset=UTF-8'
    return {
      body: new Body('text', require('../url/url-search-params.ts').serializeParams(init)),
      contentType,
    }
  }
  if (require('../stream/readable-stream.ts').isReadableStream(init)) {
    if (require('../stream/own-byte-stream.ts').isUnusable(init)) {
      throw new TypeError('Cannot use the stream as a body: it was read before, or is being read')
    }
    return { body: new Body('stream', init), contentType: null }
  }
  if (require('../form/blob.ts').isBlob(init)) {
    const bytes = require('../form/blob.ts').bytesOfBlob(init)
    return { body: new Body('bytes', bytes), contentType: init.type === '' ? null : init.type }
  }
  if (require('../form/form-data.ts').isFormData(init))
    return require('../form/multipart-write.ts').writeMultipart(init)
  return { body: new Body('text', `${init}`), contentType: plainText }
}
