import { newList } from '../language/list.ts'
import {
  stringCharCodeAt,
  stringIndexOf,
  stringSlice,
  typedArrayBuffer,
  typedArrayByteLength,
  Uint8Array,
} from '../primordials.ts'
import { Utf8Decoder } from '../text/utf8-decode.ts'
import { encodeUtf8 } from '../text/utf8-encode.ts'
import { percentEncode } from '../url/percent-encode.ts'

const ampersand = 38
const percent = 37
const plus = 43

/** Reads `a=1&b=2` as the URL standard's form parser does: into names and values. Nothing is ever wrong with it. */
export function parseForm(text: string): [string, string][] {
  const pairs = newList<[string, string]>()
  let start = 0
  while (start < text.length) {
    if (stringCharCodeAt(text, start) === ampersand) {
      start++
      continue
    }
    const found = stringIndexOf(text, '&', start)
    const end = found === -1 ? text.length : found
    const equals = stringIndexOf(text, '=', start)
    const nameEnd = equals === -1 || equals > end ? end : equals
    const name = decodePart(text, start, nameEnd)
    pairs[pairs.length] = [name, nameEnd === end ? '' : decodePart(text, nameEnd + 1, end)]
    start = end + 1
  }
  return pairs
}

function decodePart(text: string, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    const code = stringCharCodeAt(text, at)
    if (code === percent || code === plus) return decodeEscapes(stringSlice(text, start, end))
  }
  return stringSlice(text, start, end)
}

function decodeEscapes(part: string): string {
  const bytes = encodeUtf8(part)
  let length = 0
  for (let at = 0; at < typedArrayByteLength(bytes); at++) {
    const byte = bytes[at]!
    const value = byte === percent ? hexValue(bytes[at + 1]) * 16 + hexValue(bytes[at + 2]) : -1
    if (value >= 0) at += 2
    bytes[length++] = value >= 0 ? value : byte === plus ? 32 : byte
  }
  // A byte order mark at the beginning belongs to the value.
  return new Utf8Decoder(false, true).decode(new Uint8Array(typedArrayBuffer(bytes), 0, length), false)
}

/** -1000 if it is no hexadecimal digit: a sum with it is negative too. */
function hexValue(code: number | undefined): number {
  if (code === undefined) return -1000
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1000
}

/** Writes pairs as `a=1&b=2`. */
export function serializeForm(pairs: readonly (readonly [string, string])[]): string {
  let text = ''
  for (let index = 0; index < pairs.length; index++) {
    const pair = pairs[index]!
    text += `${index === 0 ? '' : '&'}${encodePart(pair[0])}=${encodePart(pair[1])}`
  }
  return text
}

function encodePart(part: string): string {
  const encoded = percentEncode(part, '*-._ ')
  let text = ''
  let start = 0
  for (let space = stringIndexOf(encoded, ' '); space !== -1; space = stringIndexOf(encoded, ' ', start)) {
    text += `${stringSlice(encoded, start, space)}+`
    start = space + 1
  }
  return start === 0 ? encoded : text + stringSlice(encoded, start)
}
