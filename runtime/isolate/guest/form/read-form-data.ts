import type { Body } from '../fetch/body.ts'
import { headerParameter, mediaType } from '../fetch/header-parameter.ts'
import { TypeError } from '../primordials.ts'
import { Utf8Decoder } from '../text/utf8-decode.ts'
import { FormData } from './form-data.ts'
import { parseForm } from './form-urlencoded.ts'
import { readMultipart } from './multipart-read.ts'

/** @throws TypeError if `contentType` is no form, or the body is not well formed. */
export async function readFormData(body: Body, contentType: string): Promise<FormData> {
  const type = mediaType(contentType)
  if (type === 'multipart/form-data') {
    const boundary = headerParameter(contentType, 'boundary')
    if (boundary === null) throw new TypeError('Cannot read form data: content-type names no boundary')
    return readMultipart(await body.bytes(), boundary)
  }
  if (type !== 'application/x-www-form-urlencoded') {
    throw new TypeError(`Cannot read form data: content-type is "${contentType}", must be that of a form`)
  }
  const form = new FormData()
  // `text` would take off a byte order mark, which in a form belongs to the first name.
  const pairs = parseForm(new Utf8Decoder(false, true).decode(await body.bytes(), false))
  for (let index = 0; index < pairs.length; index++) form.append(pairs[index]![0], pairs[index]![1])
  return form
}
