import { randomBytes } from '../crypto/random-bytes.ts'
import { Body } from '../fetch/body.ts'
import type { ExtractedBody } from '../fetch/extract-body.ts'
import { concatBytes } from '../language/bytes.ts'
import { newList } from '../language/list.ts'
import {
  arrayJoin,
  numberToString,
  stringIndexOf,
  stringPadStart,
  stringSplit,
  Uint8Array,
} from '../primordials.ts'
import { encodeUtf8 } from '../text/utf8-encode.ts'
import { bytesOfBlob } from './blob.ts'
import { type FormData, formEntries } from './form-data.ts'

const boundaryBytes = 16

/** Writes a form as `multipart/form-data`, as HTML has it. */
export function writeMultipart(form: FormData): ExtractedBody {
  const boundary = newBoundary()
  const entries = formEntries(form)
  const chunks = newList<Uint8Array>()
  for (let index = 0; index < entries.length; index++) {
    const name = entries[index]![0]
    const value = entries[index]![1]
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escape(withLineEnds(name))}"`
    if (typeof value === 'string') {
      chunks[chunks.length] = encodeUtf8(`${head}\r\n\r\n${withLineEnds(value)}\r\n`)
      continue
    }
    const type = value.type === '' ? 'application/octet-stream' : value.type
    chunks[chunks.length] = encodeUtf8(
      `${head}; filename="${escape(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`,
    )
    chunks[chunks.length] = bytesOfBlob(value)
    chunks[chunks.length] = encodeUtf8('\r\n')
  }
  chunks[chunks.length] = encodeUtf8(`--${boundary}--\r\n`)
  const contentType = `multipart/form-data; boundary=${boundary}`
  return { body: new Body('bytes', concatBytes(chunks)), contentType }
}

function newBoundary(): string {
  const bytes = new Uint8Array(randomBytes(boundaryBytes))
  let boundary = '----formdata-'
  for (let index = 0; index < boundaryBytes; index++) {
    boundary += stringPadStart(numberToString(bytes[index]!, 16), 2, '0')
  }
  return boundary
}

/** Every line end becomes CR LF. */
function withLineEnds(text: string): string {
  return replace(replace(replace(text, '\r\n', '\n'), '\r', '\n'), '\n', '\r\n')
}

/** What would end a quoted name. */
function escape(text: string): string {
  return replace(replace(replace(text, '\n', '%0A'), '\r', '%0D'), '"', '%22')
}

function replace(text: string, search: string, replacement: string): string {
  return stringIndexOf(text, search) === -1 ? text : arrayJoin(stringSplit(text, search), replacement)
}
