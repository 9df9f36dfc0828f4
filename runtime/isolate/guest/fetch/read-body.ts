import type { Blob } from '../form/blob.ts'
import type { FormData } from '../form/form-data.ts'
import { exactBuffer } from '../language/bytes.ts'
import { SyntaxError, Uint8Array } from '../primordials.ts'
import type { Body } from './body.ts'

/**
 * What `Request` and `Response` do with their bodies: the Fetch standard's `Body` mixin. No body reads as an empty one.
 * All reject with a TypeError if it was read before.
 */
export async function readJson(body: Body | null): Promise<unknown> {
  if (body === null) throw new SyntaxError('Cannot read JSON: there is no body')
  return body.json()
}

export async function readArrayBuffer(body: Body | null): Promise<ArrayBuffer> {
  return exactBuffer(await readBytes(body))
}

export async function readBlob(body: Body | null, contentType: string | null): Promise<Blob> {
  return require('../form/blob.ts').blobOf(await readBytes(body), contentType ?? '')
}

export async function readForm(body: Body | null, contentType: string | null): Promise<FormData> {
  return require('../form/read-form-data.ts').readFormData(body, contentType ?? '')
}

async function readBytes(body: Body | null): Promise<Uint8Array> {
  return (await body?.bytes()) ?? new Uint8Array(0)
}
