import { stringCharCodeAt, stringIndexOf, stringStartsWith } from '../primordials.ts'
import { UrlRecord } from './url-record.ts'

const dot = 46
const slash = 47
const colon = 58
const question = 63
const hash = 35
const percent = 37
const quote = 39

/** Lower-case letters, digits, `-`, `.` and `_`. */
function isHostCode(code: number): boolean {
  if (code >= 97) return code <= 122
  return (code >= 48 && code <= 57) || code === 45 || code === dot || code === 95
}

/** What stays as it is in a path: letters, digits and `!$%&'()*+,-./:;=@_~`. */
function isPathCode(code: number): boolean {
  if (code >= 97) return code <= 122 || code === 126
  if (code >= 64) return code <= 90 || code === 95
  return code >= 36 ? code <= 59 || code === 61 : code === 33
}

function isQueryCode(code: number): boolean {
  return code === question || (isPathCode(code) && code !== quote)
}

function isHashCode(code: number): boolean {
  return code === question || isPathCode(code)
}

/** The end of the run of characters that are allowed. */
function skip(text: string, from: number, isAllowed: (code: number) => boolean): number {
  let at = from
  while (at < text.length && isAllowed(stringCharCodeAt(text, at))) at++
  return at
}

/**
 * The short way for what nearly every URL looks like: `http` or `https`, a host in lower-case ASCII, a path without
 * dots at the beginning of a segment, nothing that must be escaped. Such a URL is its own serialisation.
 *
 * @returns null if it is any other, valid or not: the host's parser decides.
 */
export function scanUrl(text: string): UrlRecord | null {
  const protocolEnd = stringStartsWith(text, 'https://') ? 6 : stringStartsWith(text, 'http://') ? 5 : 0
  if (protocolEnd === 0) return null
  const record = new UrlRecord(text)
  const hostStart = protocolEnd + 2
  const hostEnd = skip(text, hostStart, isHostCode)
  if (!isPlainHost(text, hostStart, hostEnd)) return null
  const pathStart = skipPort(text, hostEnd, protocolEnd)
  if (pathStart === -1 || stringCharCodeAt(text, pathStart) !== slash) return null
  const searchStart = skip(text, pathStart, isPathCode)
  if (!isPlainPath(text, pathStart, searchStart)) return null
  const hashStart =
    stringCharCodeAt(text, searchStart) === question ? skip(text, searchStart, isQueryCode) : searchStart
  if (hashStart < text.length) {
    if (stringCharCodeAt(text, hashStart) !== hash || skip(text, hashStart + 1, isHashCode) < text.length)
      return null
  }
  record.protocolEnd = protocolEnd
  record.userEnd = record.hostStart = hostStart
  record.hostEnd = hostEnd
  record.pathStart = pathStart
  record.searchStart = searchStart
  record.hashStart = hashStart
  return record
}

/** Not empty, no empty label, no Punycode, and no number at its end unless it is an IPv4 address as it is written out. */
function isPlainHost(text: string, start: number, end: number): boolean {
  if (start === end) return false
  let labelStart = start
  let labels = 0
  let isNumeric = true
  for (let at = start; at <= end; at++) {
    const code = at === end ? dot : stringCharCodeAt(text, at)
    if (code !== dot) {
      if (code < 48 || code > 57) isNumeric = false
      continue
    }
    if (at === labelStart || stringStartsWith(text, 'xn--', labelStart)) return false
    labels++
    if (at < end) labelStart = at + 1
  }
  if (isNumeric) return labels === 4 && isDottedQuad(text, start, end)
  const last = stringCharCodeAt(text, labelStart)
  return last < 48 || last > 57
}

/** Four numbers to 255 without leading zeros; all that stands there is digits and dots. */
function isDottedQuad(text: string, start: number, end: number): boolean {
  let value = 0
  let digits = 0
  for (let at = start; at <= end; at++) {
    const code = at === end ? dot : stringCharCodeAt(text, at)
    if (code === dot) {
      if (digits === 0 || value > 255) return false
      value = digits = 0
    } else {
      if (digits > 0 && value === 0) return false
      value = value * 10 + code - 48
      digits++
    }
  }
  return true
}

/** @returns where the path begins, -1 if the port is not written as a serialised URL has it. */
function skipPort(text: string, from: number, protocolEnd: number): number {
  if (stringCharCodeAt(text, from) !== colon) return from
  let port = 0
  let at = from + 1
  for (; at < text.length; at++) {
    const code = stringCharCodeAt(text, at)
    if (code < 48 || code > 57) break
    if (at > from + 1 && port === 0) return -1
    port = port * 10 + code - 48
  }
  const defaultPort = protocolEnd === 6 ? 443 : 80
  return at === from + 1 || port > 65_535 || port === defaultPort ? -1 : at
}

/** Whether no segment begins with a dot, or with one that is escaped. */
function isPlainPath(text: string, start: number, end: number): boolean {
  for (
    let at = stringIndexOf(text, '/', start);
    at !== -1 && at < end;
    at = stringIndexOf(text, '/', at + 1)
  ) {
    const code = stringCharCodeAt(text, at + 1)
    if (code === dot) return false
    if (code === percent && (stringStartsWith(text, '2e', at + 2) || stringStartsWith(text, '2E', at + 2))) {
      return false
    }
  }
  return true
}
