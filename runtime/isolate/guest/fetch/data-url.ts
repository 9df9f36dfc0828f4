import {
  stringCharCodeAt,
  stringIndexOf,
  stringSlice,
  stringStartsWith,
  stringToLowerCase,
  TypeError,
  Uint8Array,
} from '../primordials.ts'
import { decodeBase64 } from '../text/base64.ts'
import { TextCollector } from '../text/text-collector.ts'
import { Body } from './body.ts'
import { normalizeMimeType } from './mime-type.ts'
import type { RequestState } from './request-state.ts'
import { type Response, wrapResponse } from './response.ts'
import { ResponseState } from './response-state.ts'

const percent = 37
const space = 32

/**
 * Answers a request for a `data:` URL, which holds its answer.
 *
 * @throws TypeError if it does not.
 */
export function answerDataUrl({ method, url }: RequestState): Response {
  const fragment = stringIndexOf(url, '#')
  const whole = fragment === -1 ? url : stringSlice(url, 0, fragment)
  const comma = stringIndexOf(whole, ',')
  if (comma === -1) throw new TypeError('Cannot fetch a data URL: it holds no comma')
  const type = trimSpaces(stringSlice(whole, 5, comma))
  const text = percentDecode(stringSlice(whole, comma + 1))
  const beforeBase64 = base64Mark(type)
  const bytes = beforeBase64 === null ? bytesOf(text) : decodeBase64(text)
  if (bytes === null) throw new TypeError('Cannot fetch a data URL: its content is not base64')
  const state = new ResponseState()
  state.statusText = 'OK'
  state.type = 'basic'
  state.url = whole
  state.isImmutable = true
  state.contentType = mimeTypeOf(beforeBase64 ?? type)
  state.body = new Body('bytes', method === 'HEAD' ? new Uint8Array(0) : bytes)
  return wrapResponse(state)
}

function mimeTypeOf(type: string): string {
  const named = stringStartsWith(type, ';') ? `text/plain${type}` : type
  return normalizeMimeType(named) ?? 'text/plain;charset=US-ASCII'
}

/** What stands before `;base64`; null if that is not how it ends. */
function base64Mark(type: string): string | null {
  const end = type.length - 6
  if (end < 0 || stringToLowerCase(stringSlice(type, end)) !== 'base64') return null
  const before = trimSpaces(stringSlice(type, 0, end))
  return before !== '' && stringSlice(before, before.length - 1) === ';'
    ? stringSlice(before, 0, before.length - 1)
    : null
}

/** One unit for each byte. A URL that was parsed is ASCII. */
function percentDecode(text: string): string {
  const decoded = new TextCollector()
  for (let at = 0; at < text.length; at++) {
    const code = stringCharCodeAt(text, at)
    const value = code === percent ? hexValue(text, at + 1) * 16 + hexValue(text, at + 2) : -1
    if (value >= 0) at += 2
    decoded.add(value >= 0 ? value : code)
  }
  return decoded.finish()
}

/** -1000 if it is no hexadecimal digit: a sum with it is negative too. */
function hexValue(text: string, at: number): number {
  if (at >= text.length) return -1000
  const code = stringCharCodeAt(text, at)
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1000
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = stringCharCodeAt(text, at)
  return bytes
}

function trimSpaces(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && stringCharCodeAt(text, start) === space) start++
  while (end > start && stringCharCodeAt(text, end - 1) === space) end--
  return stringSlice(text, start, end)
}
