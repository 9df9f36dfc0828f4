import {
  Map,
  mapGet,
  mapSet,
  mapSize,
  stringCharCodeAt,
  stringSlice,
  stringToLowerCase,
  TypeError,
} from '../primordials.ts'

/** Names that were found good, with their lower case: programs use the same few over and over. */
const knownNames = new Map<string, string>()
const maxKnownNames = 256

/** @throws TypeError unless `name` is an HTTP token. */
export function normalizeName(name: string): string {
  const known = mapGet(knownNames, name)
  if (known !== undefined) return known
  if (!isToken(name)) throw new TypeError(`Cannot use ${quote(name)} as a header name: must be an HTTP token`)
  const lower = stringToLowerCase(name)
  if (mapSize(knownNames) < maxKnownNames) mapSet(knownNames, name, lower)
  return lower
}

/**
 * @returns the value without white space around it.
 * @throws TypeError if it could end its header early (CR, LF, NUL), or is not made of bytes.
 */
export function normalizeValue(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isWhiteSpace(stringCharCodeAt(value, start))) start++
  while (end > start && isWhiteSpace(stringCharCodeAt(value, end - 1))) end--
  for (let index = start; index < end; index++) {
    const code = stringCharCodeAt(value, index)
    if (code === 0 || code === 10 || code === 13 || code > 255) {
      throw new TypeError(
        `Cannot use ${quote(value)} as a header value: must hold no CR, LF or NUL, and only bytes`,
      )
    }
  }
  return start === 0 && end === value.length ? value : stringSlice(value, start, end)
}

/** RFC 9110 §5.6.2. */
export function isToken(text: string): boolean {
  if (text === '') return false
  for (let index = 0; index < text.length; index++) {
    if (!isTokenCode(stringCharCodeAt(text, index))) return false
  }
  return true
}

function isTokenCode(code: number): boolean {
  if (code >= 97) return code <= 122 || code === 124 || code === 126
  if (code >= 48) return code <= 57 || (code >= 65 && code <= 90) || code === 94 || code === 95 || code === 96
  switch (code) {
    case 33: // !
    case 35: // #
    case 36: // $
    case 37: // %
    case 38: // &
    case 39: // '
    case 42: // *
    case 43: // +
    case 45: // -
    case 46: // .
      return true
  }
  return false
}

/** HTTP's white space: tab, line feed, carriage return, space. */
function isWhiteSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13
}

function quote(text: string): string {
  return `"${stringSlice(text, 0, 100)}"`
}
