import { headerParameter } from '../fetch/header-parameter.ts'
import {
  arrayJoin,
  stringIndexOf,
  stringSlice,
  stringSplit,
  stringToLowerCase,
  stringTrim,
  TypeError,
  typedArrayByteLength,
  typedArraySubarray,
} from '../primordials.ts'
import { decodeUtf8 } from '../text/utf8-decode.ts'
import { encodeUtf8 } from '../text/utf8-encode.ts'
import { fileOf } from './file.ts'
import { FormData } from './form-data.ts'

const dash = 45

/**
 * Reads `multipart/form-data`.
 *
 * @throws TypeError if it is not well formed.
 */
export function readMultipart(bytes: Uint8Array, boundary: string): FormData {
  const form = new FormData()
  const delimiter = encodeUtf8(`\r\n--${boundary}`)
  const lineEnds = encodeUtf8('\r\n\r\n')
  // The first delimiter may stand at the very beginning, without its line end.
  let at = startsWith(bytes, typedArraySubarray(delimiter, 2, delimiter.length), 0)
    ? delimiter.length - 2
    : indexOf(bytes, delimiter, 0) + delimiter.length
  if (at < delimiter.length - 2) throw malformed()
  for (;;) {
    if (bytes[at] === dash && bytes[at + 1] === dash) return form
    const headEnd = indexOf(bytes, lineEnds, at)
    const partEnd = headEnd === -1 ? -1 : indexOf(bytes, delimiter, headEnd + 2)
    if (partEnd === -1) throw malformed()
    const head = decodeUtf8(typedArraySubarray(bytes, at, headEnd))
    // A part without content: its line end is the delimiter's too.
    const contentStart = headEnd + 4 > partEnd ? partEnd : headEnd + 4
    addPart(form, head, typedArraySubarray(bytes, contentStart, partEnd))
    at = partEnd + delimiter.length
  }
}

function addPart(form: FormData, head: string, content: Uint8Array): void {
  const lines = stringSplit(head, '\r\n')
  let name: string | null = null
  let fileName: string | null = null
  let type = ''
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    const colon = stringIndexOf(line, ':')
    const key = stringToLowerCase(stringTrim(stringSlice(line, 0, colon === -1 ? 0 : colon)))
    const value = stringTrim(stringSlice(line, colon + 1))
    if (key === 'content-type') type = value
    if (key !== 'content-disposition') continue
    name = headerParameter(value, 'name')
    fileName = headerParameter(value, 'filename')
  }
  if (name === null) throw malformed()
  const key = unescape(name)
  if (fileName === null) form.append(key, decodeUtf8(content))
  else form.append(key, fileOf(content, unescape(fileName), { type: type === '' ? 'text/plain' : type }))
}

function unescape(text: string): string {
  return replace(replace(replace(text, '%0A', '\n'), '%0D', '\r'), '%22', '"')
}

function replace(text: string, search: string, replacement: string): string {
  return stringIndexOf(text, search) === -1 ? text : arrayJoin(stringSplit(text, search), replacement)
}

function indexOf(bytes: Uint8Array, search: Uint8Array, from: number): number {
  const last = typedArrayByteLength(bytes) - typedArrayByteLength(search)
  for (let at = from; at <= last; at++) if (startsWith(bytes, search, at)) return at
  return -1
}

function startsWith(bytes: Uint8Array, search: Uint8Array, at: number): boolean {
  for (let index = 0; index < typedArrayByteLength(search); index++) {
    if (bytes[at + index] !== search[index]) return false
  }
  return true
}

function malformed(): TypeError {
  return new TypeError('Cannot read form data: the body is not well-formed multipart/form-data')
}
