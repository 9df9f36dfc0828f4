import {
  arrayJoin,
  stringCharCodeAt,
  stringIndexOf,
  stringSlice,
  stringSplit,
  stringToLowerCase,
  TypeError,
} from '../primordials.ts'
import { parse, parseOrThrow } from '../url/url-parse.ts'
import type { UrlRecord } from '../url/url-record.ts'
import { type UrlComponent, urlSetters } from '../url/url-setters.ts'

/**
 * The text of one component as it stands in a URL: what the URL standard's parser makes of it there. All throw a
 * TypeError if it makes nothing of it.
 */
export function canonicalProtocol(value: string): string {
  if (value === '') return ''
  const record = parse(`${value}://dummy.invalid/`)
  if (record === null) throw invalid('protocol', value)
  return stringSlice(record.protocol, 0, record.protocol.length - 1)
}

export function canonicalUsername(value: string): string {
  return value === '' ? '' : assigned('username', value).username
}

export function canonicalPassword(value: string): string {
  return value === '' ? '' : assigned('password', value).password
}

export function canonicalHostname(value: string): string {
  return value === '' ? '' : assigned('hostname', value).hostname
}

/** Of patterns that begin with a bracket, which may well have groups inside of it. */
export function canonicalIpv6Hostname(value: string): string {
  for (let index = 0; index < value.length; index++) {
    if (stringIndexOf('0123456789abcdefABCDEF[]:', value[index]!) === -1) throw invalid('hostname', value)
  }
  return stringToLowerCase(value)
}

export function canonicalPort(value: string, protocol = ''): string {
  if (value === '') return ''
  const text = withoutBreaks(value)
  let end = 0
  while (end < text.length && stringCharCodeAt(text, end) >= 48 && stringCharCodeAt(text, end) <= 57) end++
  const port = +stringSlice(text, 0, end)
  if (end === 0 || port > 65_535) throw invalid('port', value)
  return `${port}` === defaultPort(protocol) ? '' : `${port}`
}

export function canonicalPathname(value: string): string {
  if (value === '') return ''
  if (value[0] === '/') return assigned('pathname', value).pathname
  // Without a slash at its beginning it may be what comes behind a group.
  return stringSlice(assigned('pathname', `/-${value}`).pathname, 2)
}

/** Of URLs whose path is one text, as in `mailto:`. */
export function canonicalOpaquePathname(value: string): string {
  if (value === '') return ''
  // A letter at its end keeps spaces before it.
  const { pathname } = parseOrThrow(`data:${cutAt(cutAt(withoutBreaks(value), '#'), '?')}x`)
  return stringSlice(pathname, 0, pathname.length - 1)
}

export function canonicalSearch(value: string): string {
  if (value === '') return ''
  const { search } = assigned('search', `?${value}`)
  return stringSlice(search, 1)
}

export function canonicalHash(value: string): string {
  if (value === '') return ''
  const { hash } = assigned('hash', `#${value}`)
  return stringSlice(hash, 1)
}

/** Of special schemes; undefined if it is none, '' if it has no port. */
export function defaultPort(protocol: string): string | undefined {
  switch (protocol) {
    case 'http':
    case 'ws':
      return '80'
    case 'https':
    case 'wss':
      return '443'
    case 'ftp':
      return '21'
    case 'file':
      return ''
  }
  return undefined
}

function assigned(component: UrlComponent, value: string): UrlRecord {
  const record = urlSetters[component](parseOrThrow('https://dummy.invalid/'), value)
  if (record === null) throw invalid(component, value)
  return record
}

function invalid(component: string, value: string): TypeError {
  return new TypeError(`Cannot use ${component} "${value}" in a pattern: not valid in a URL`)
}

function cutAt(text: string, delimiter: string): string {
  const at = stringIndexOf(text, delimiter)
  return at === -1 ? text : stringSlice(text, 0, at)
}

function withoutBreaks(text: string): string {
  let kept = text
  for (let index = 0; index < breaks.length; index++) kept = arrayJoin(stringSplit(kept, breaks[index]!), '')
  return kept
}

const breaks = ['\t', '\n', '\r'] as const
