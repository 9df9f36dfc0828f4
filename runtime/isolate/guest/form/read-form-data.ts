import type { Body } from '../fetch/body.ts'
import { headerParameter, mediaType } from '../fetch/header-parameter.ts'
import { TypeError, Uint8Array } from '../primordials.ts'
import { Utf8Decoder } from '../text/utf8-decode.ts'
import { FormData } from './form-data.ts'
import { parseForm } from './form-urlencoded.ts'
import { readMultipart } from './multipart-read.ts'

/** @throws TypeError if `contentType` is no form, or the body is not well formed. */
export async function readFormData(body: Body | null, contentType: string): Promise<FormData> {
  // Read first: a body that fails says more than a type that is wrong.
  const bytes = (await body?.bytes()) ?? new Uint8Array(0)
  const type = mediaType(contentType)
  if (type === 'multipart/form-data') {
    const boundary = headerParameter(contentType, 'boundary')
    if (boundary === null) throw new TypeError('Cannot read form data: content-type names no boundary')
    return readMultipart(bytes, boundary)
  }
  if (type !== 'application/x-www-form-urlencoded') {
    throw new TypeError(`Cannot read form data: content-type is "${contentType}", must be that of a form`)
  }
  const form = new FormData()
  // A byte order mark belongs to the first name: `text` would take it off.
  const pairs = parseForm(new Utf8Decoder(false, true).decode(bytes, false))
  for (let index = 0; index < pairs.length; index++) form.append(pairs[index]![0], pairs[index]![1])
  return form
}
