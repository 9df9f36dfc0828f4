import {
  stringCharCodeAt,
  stringIndexOf,
  stringSlice,
  stringToLowerCase,
  stringTrim,
} from '../primordials.ts'

const quoteCode = 34

/** The parameter of that name in `type/subtype; name=value; other="quoted value"`; null if there is none. */
export function headerParameter(value: string, name: string): string | null {
  let at = stringIndexOf(value, ';')
  while (at !== -1) {
    const equals = stringIndexOf(value, '=', at)
    if (equals === -1) return null
    const key = stringToLowerCase(stringTrim(stringSlice(value, at + 1, equals)))
    const isQuoted = stringCharCodeAt(value, equals + 1) === quoteCode
    const start = isQuoted ? equals + 2 : equals + 1
    const found = stringIndexOf(value, isQuoted ? '"' : ';', start)
    const end = found === -1 ? value.length : found
    if (key === name)
      return isQuoted ? stringSlice(value, start, end) : stringTrim(stringSlice(value, start, end))
    at = isQuoted ? stringIndexOf(value, ';', end) : found
  }
  return null
}

/** `type/subtype` alone, in lower case. */
export function mediaType(contentType: string): string {
  const end = stringIndexOf(contentType, ';')
  return stringToLowerCase(stringTrim(end === -1 ? contentType : stringSlice(contentType, 0, end)))
}
