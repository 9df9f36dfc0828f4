import {
  arrayJoin,
  Map,
  mapHas,
  mapSet,
  stringCharCodeAt,
  stringIndexOf,
  stringSlice,
  stringSplit,
  stringToLowerCase,
} from '../primordials.ts'
import { isToken } from './header-text.ts'

const backslash = 92
const quote = 34
const semicolon = 59

/** A MIME type as the MIME Sniffing standard reads and writes it; null if it is none. */
export function normalizeMimeType(input: string): string | null {
  const text = trimEnd(trimStart(input))
  const slash = endOf(text, 0, '/')
  let at = endOf(text, slash, ';')
  const type = stringSlice(text, 0, slash)
  const subtype = trimEnd(stringSlice(text, slash + 1, at))
  if (!isToken(type) || !isToken(subtype)) return null
  let normal = stringToLowerCase(`${type}/${subtype}`)
  const known = new Map<string, true>()
  while (at < text.length) {
    const { name, value, end } = readParameter(text, at + 1)
    at = end
    if (value === null || !isToken(name) || !isQuotable(value) || mapHas(known, name)) continue
    mapSet(known, name, true)
    normal += `;${name}=${isToken(value) ? value : `"${escape(escape(value, '\\'), '"')}"`}`
  }
  return normal
}

interface Parameter {
  /** In lower case. */
  readonly name: string
  /** null = the parameter does not count. */
  readonly value: string | null
  /** The next semicolon, or the end. */
  readonly end: number
}

function readParameter(text: string, start: number): Parameter {
  const end = endOf(text, start, ';')
  const equals = endOf(text, start, '=')
  if (equals >= end) return { name: '', value: null, end }
  const name = stringToLowerCase(trimStart(stringSlice(text, start, equals)))
  if (stringCharCodeAt(text, equals + 1) === quote) return readQuoted(text, equals + 2, name)
  const value = trimEnd(stringSlice(text, equals + 1, end))
  return { name, value: value === '' ? null : value, end }
}

function readQuoted(text: string, start: number, name: string): Parameter {
  let value = ''
  let at = start
  for (; at < text.length && stringCharCodeAt(text, at) !== quote; at++) {
    if (stringCharCodeAt(text, at) === backslash && at + 1 < text.length) at++
    value += stringSlice(text, at, at + 1)
  }
  while (at < text.length && stringCharCodeAt(text, at) !== semicolon) at++
  return { name, value, end: at }
}

/** Where `sign` stands next, or the end. */
function endOf(text: string, start: number, sign: string): number {
  const found = stringIndexOf(text, sign, start)
  return found === -1 ? text.length : found
}

/** Whether it can stand in a quoted string of HTTP. */
function isQuotable(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = stringCharCodeAt(value, index)
    if ((code < 32 && code !== 9) || code === 127 || code > 255) return false
  }
  return true
}

function escape(text: string, sign: string): string {
  return stringIndexOf(text, sign) === -1 ? text : arrayJoin(stringSplit(text, sign), `\\${sign}`)
}

function trimStart(text: string): string {
  let start = 0
  while (start < text.length && isSpace(stringCharCodeAt(text, start))) start++
  return stringSlice(text, start)
}

function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && isSpace(stringCharCodeAt(text, end - 1))) end--
  return stringSlice(text, 0, end)
}

/** Tab, line feed, carriage return, space. */
function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13
}
