import {
  arrayJoin,
  numberToString,
  stringCharCodeAt,
  stringIndexOf,
  stringPadStart,
  stringSlice,
  stringSplit,
  stringStartsWith,
  stringToUpperCase,
} from '../primordials.ts'
import { percentEncode } from './percent-encode.ts'
import { parse } from './url-parse.ts'
import type { UrlRecord } from './url-record.ts'

/**
 * What assigning to a component of a URL makes of it: null if the standard passes the assignment over. Each puts the
 * new text into the serialisation and has it parsed again; what would be read as another component is escaped first.
 */
export const urlSetters = {
  __proto__: null,
  protocol,
  username,
  password,
  host,
  hostname,
  port,
  pathname,
  search,
  hash,
}

export type UrlComponent = Exclude<keyof typeof urlSetters, '__proto__'>

function protocol(url: UrlRecord, value: string): UrlRecord | null {
  const text = withoutBreaks(value)
  const colon = stringIndexOf(text, ':')
  const scheme = colon === -1 ? text : stringSlice(text, 0, colon)
  if (!isScheme(scheme)) return null
  const changed = parse(`${scheme}:${stringSlice(url.href, url.protocolEnd)}`)
  if (changed === null || isSpecial(url) !== isSpecial(changed)) return null
  if (changed.protocol === 'file:' && (hasUser(url) || url.portPart !== '')) return null
  return url.protocol === 'file:' && url.hostname === '' ? null : changed
}

function username(url: UrlRecord, value: string): UrlRecord | null {
  return withUser(url, percentEncode(value, userKept), url.password)
}

function password(url: UrlRecord, value: string): UrlRecord | null {
  return withUser(url, url.username, percentEncode(value, userKept))
}

/** What may stand in a user name or a password as it is. */
const userKept = "!$%&'()*+,-._~"

function withUser(url: UrlRecord, user: string, pass: string): UrlRecord | null {
  if (!mayHaveUserAndPort(url)) return null
  return parse(`${url.protocol}//${userPart(user, pass)}${stringSlice(url.href, url.hostStart)}`)
}

function host(url: UrlRecord, value: string): UrlRecord | null {
  const text = cutAtDelimiter(url, withoutBreaks(value))
  const colon = portColon(text)
  if (colon === -1) return withHost(url, text, url.portPart)
  if (url.protocol === 'file:') return null
  const digits = leadingDigits(stringSlice(text, colon + 1))
  const name = stringSlice(text, 0, colon)
  if (name === '') return null
  const changed = digits === '' ? null : withHost(url, name, `:${digits}`)
  // A port out of range leaves the old one.
  return changed ?? withHost(url, name, url.portPart)
}

function hostname(url: UrlRecord, value: string): UrlRecord | null {
  const text = cutAtDelimiter(url, withoutBreaks(value))
  return portColon(text) === -1 ? withHost(url, text, url.portPart) : null
}

function withHost(url: UrlRecord, name: string, portPart: string): UrlRecord | null {
  if (isOpaque(url) || stringIndexOf(name, '@') !== -1) return null
  const needsHost = (isSpecial(url) && url.protocol !== 'file:') || hasUser(url) || portPart !== ''
  if (name === '' && needsHost) return null
  const rest = stringSlice(url.href, url.pathStart)
  return parse(`${url.protocol}//${userPart(url.username, url.password)}${name}${portPart}${rest}`)
}

function port(url: UrlRecord, value: string): UrlRecord | null {
  if (!mayHaveUserAndPort(url)) return null
  const text = withoutBreaks(value)
  const digits = leadingDigits(text)
  if (digits === '' && value !== '') return null
  const portPart = digits === '' ? '' : `:${digits}`
  return parse(stringSlice(url.href, 0, url.hostEnd) + portPart + stringSlice(url.href, url.pathStart))
}

function pathname(url: UrlRecord, value: string): UrlRecord | null {
  if (isOpaque(url)) return null
  const path = replace(replace(escapeControls(value), '?', '%3F'), '#', '%23')
  const isRooted = stringStartsWith(path, '/') || (isSpecial(url) && stringStartsWith(path, '\\'))
  const rooted = isRooted || (path === '' && url.hasAuthority) ? path : `/${path}`
  const before = url.hasAuthority
    ? stringSlice(url.href, 0, url.pathStart)
    : `${url.protocol}${stringStartsWith(rooted, '//') ? '/.' : ''}`
  return parse(before + rooted + stringSlice(url.href, url.searchStart))
}

function search(url: UrlRecord, value: string): UrlRecord | null {
  const query = stringStartsWith(value, '?') ? stringSlice(value, 1) : value
  const part = value === '' ? '' : `?${replace(escapeControls(query), '#', '%23')}`
  return parse(stringSlice(url.href, 0, url.searchStart) + part + stringSlice(url.href, url.hashStart))
}

function hash(url: UrlRecord, value: string): UrlRecord | null {
  const fragment = stringStartsWith(value, '#') ? stringSlice(value, 1) : value
  return parse(stringSlice(url.href, 0, url.hashStart) + (value === '' ? '' : `#${escapeControls(fragment)}`))
}

function isSpecial(url: UrlRecord): boolean {
  switch (url.protocol) {
    case 'http:':
    case 'https:':
    case 'file:':
    case 'ftp:':
    case 'ws:':
    case 'wss:':
      return true
  }
  return false
}

/** Whether its path is one text, as in `mailto:`. */
function isOpaque(url: UrlRecord): boolean {
  return !url.hasAuthority && !stringStartsWith(url.pathname, '/')
}

function hasUser(url: UrlRecord): boolean {
  return url.username !== '' || url.password !== ''
}

function mayHaveUserAndPort(url: UrlRecord): boolean {
  return url.hostname !== '' && url.protocol !== 'file:'
}

function userPart(user: string, pass: string): string {
  if (user === '' && pass === '') return ''
  return `${user}${pass === '' ? '' : `:${pass}`}@`
}

/** The text up to where the path, the query or the fragment would begin. */
function cutAtDelimiter(url: UrlRecord, text: string): string {
  for (let at = 0; at < text.length; at++) {
    const code = stringCharCodeAt(text, at)
    if (code === 47 || code === 63 || code === 35 || (code === 92 && isSpecial(url)))
      return stringSlice(text, 0, at)
  }
  return text
}

/** Where `:` stands outside the brackets of an IPv6 address; -1 = nowhere. */
function portColon(text: string): number {
  return stringIndexOf(text, ':', stringIndexOf(text, ']') + 1)
}

function leadingDigits(text: string): string {
  let end = 0
  while (end < text.length && stringCharCodeAt(text, end) >= 48 && stringCharCodeAt(text, end) <= 57) end++
  return stringSlice(text, 0, end)
}

/** Tabs and line ends are in no component. */
function withoutBreaks(text: string): string {
  return replace(replace(replace(text, '\t', ''), '\n', ''), '\r', '')
}

/** Spaces and control characters as escapes: the parser would take them off the end of the URL. */
function escapeControls(value: string): string {
  const text = withoutBreaks(value)
  let escaped = ''
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const code = stringCharCodeAt(text, at)
    if (code > 32) continue
    escaped += `${stringSlice(text, start, at)}%${stringPadStart(stringToUpperCase(numberToString(code, 16)), 2, '0')}`
    start = at + 1
  }
  return start === 0 ? text : escaped + stringSlice(text, start)
}

function isScheme(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = stringCharCodeAt(text, at)
    const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
    const isOther = (code >= 48 && code <= 57) || code === 43 || code === 45 || code === 46
    if (!isLetter && !(isOther && at > 0)) return false
  }
  return text !== ''
}

function replace(text: string, character: string, escape: string): string {
  return stringIndexOf(text, character) === -1 ? text : arrayJoin(stringSplit(text, character), escape)
}
