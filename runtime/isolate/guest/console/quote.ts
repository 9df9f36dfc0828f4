import {
  numberToString,
  stringCharCodeAt,
  stringIndexOf,
  stringPadStart,
  stringSlice,
} from '../primordials.ts'

/** A string literal of JavaScript: in single quotes, unless others need less escaping. */
export function quote(text: string): string {
  const mark = stringIndexOf(text, "'") === -1 ? "'" : stringIndexOf(text, '"') === -1 ? '"' : "'"
  let quoted = mark
  let start = 0
  for (let index = 0; index < text.length; index++) {
    const code = stringCharCodeAt(text, index)
    if (code >= 32 && code !== 92 && code !== 127 && code !== stringCharCodeAt(mark, 0)) continue
    quoted += stringSlice(text, start, index) + escape(code)
    start = index + 1
  }
  return quoted + stringSlice(text, start) + mark
}

function escape(code: number): string {
  switch (code) {
    case 8:
      return '\\b'
    case 9:
      return '\\t'
    case 10:
      return '\\n'
    case 12:
      return '\\f'
    case 13:
      return '\\r'
    case 34:
      return '\\"'
    case 39:
      return "\\'"
    case 92:
      return '\\\\'
  }
  return `\\x${stringPadStart(numberToString(code, 16), 2, '0')}`
}

/** Whether it can stand as a key without quotes. */
export function isIdentifier(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = stringCharCodeAt(text, index)
    const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 36 || code === 95
    if (!isLetter && !(index > 0 && code >= 48 && code <= 57)) return false
  }
  return text !== ''
}
