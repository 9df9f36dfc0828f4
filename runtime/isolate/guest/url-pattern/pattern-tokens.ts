import { newList } from '../language/list.ts'
import { regExpExec, stringCharCodeAt, stringCodePointAt, stringSlice, TypeError } from '../primordials.ts'

export type TokenType =
  | 'open'
  | 'close'
  | 'regexp'
  | 'name'
  | 'char'
  | 'escaped-char'
  | 'other-modifier'
  | 'asterisk'
  | 'end'
  | 'invalid-char'

export interface Token {
  readonly type: TokenType
  /** Where it begins in the pattern. */
  readonly index: number
  readonly value: string
}

/** Takes a pattern apart. `isLenient`: what is no pattern becomes an `invalid-char`, in place of a TypeError. */
export function tokenize(pattern: string, isLenient: boolean): readonly Token[] {
  const tokens = newList<Token>()
  let at = 0
  while (at < pattern.length) {
    const token = readToken(pattern, at, isLenient)
    tokens[tokens.length] = token.token
    at = token.end
  }
  tokens[tokens.length] = { type: 'end', index: at, value: '' }
  return tokens
}

interface Read {
  readonly token: Token
  readonly end: number
}

const asterisk = 42
const plus = 43
const colon = 58
const question = 63
const backslash = 92
const opening = 40
const closing = 41
const openBrace = 123
const closeBrace = 125

function readToken(pattern: string, at: number, isLenient: boolean): Read {
  const next = at + widthAt(pattern, at)
  switch (stringCharCodeAt(pattern, at)) {
    case asterisk:
      return read('asterisk', pattern, at, next)
    case plus:
    case question:
      return read('other-modifier', pattern, at, next)
    case openBrace:
      return read('open', pattern, at, next)
    case closeBrace:
      return read('close', pattern, at, next)
    case backslash: {
      if (next >= pattern.length) return invalid(pattern, at, next, isLenient)
      const end = next + widthAt(pattern, next)
      return { token: { type: 'escaped-char', index: at, value: stringSlice(pattern, next, end) }, end }
    }
    case colon: {
      const end = nameEnd(pattern, next)
      if (end === next) return invalid(pattern, at, next, isLenient)
      return { token: { type: 'name', index: at, value: stringSlice(pattern, next, end) }, end }
    }
    case opening: {
      const end = groupEnd(pattern, next)
      if (end === -1) return invalid(pattern, at, next, isLenient)
      return { token: { type: 'regexp', index: at, value: stringSlice(pattern, next, end - 1) }, end }
    }
  }
  return read('char', pattern, at, next)
}

function read(type: TokenType, pattern: string, at: number, end: number): Read {
  return { token: { type, index: at, value: stringSlice(pattern, at, end) }, end }
}

function invalid(pattern: string, at: number, end: number, isLenient: boolean): Read {
  if (isLenient) return read('invalid-char', pattern, at, end)
  throw new TypeError(`Cannot read pattern ${pattern}: mistake at ${at}, "${stringSlice(pattern, at, end)}"`)
}

/** How many units the character takes. */
function widthAt(text: string, at: number): number {
  return (stringCodePointAt(text, at) ?? 0) > 0xffff ? 2 : 1
}

function nameEnd(pattern: string, from: number): number {
  let end = from
  while (end < pattern.length) {
    const width = widthAt(pattern, end)
    if (!isNameCharacter(stringSlice(pattern, end, end + width), end === from)) break
    end += width
  }
  return end
}

const nameStart = /^[$_\p{ID_Start}]/u
const namePart = /^(?:[$\p{ID_Continue}]|\u200C|\u200D)/u

/** Whether a name may begin (`isFirst`) or go on with what the text begins with. */
export function isNameCharacter(text: string, isFirst: boolean): boolean {
  return regExpExec(isFirst ? nameStart : namePart, text) !== null
}

/** Behind the parenthesis that closes the one before `from`; -1 if it does not hold a regular expression. */
function groupEnd(pattern: string, from: number): number {
  let depth = 1
  for (let at = from; at < pattern.length; at++) {
    const code = stringCharCodeAt(pattern, at)
    if (code > 127 || (at === from && code === question)) return -1
    if (code === backslash) {
      at++
      if (at >= pattern.length || stringCharCodeAt(pattern, at) > 127) return -1
    } else if (code === closing) {
      depth--
      if (depth === 0) return at === from ? -1 : at + 1
    } else if (code === opening) {
      depth++
      // Groups within must not capture.
      if (stringCharCodeAt(pattern, at + 1) !== question) return -1
    }
  }
  return -1
}
