import {
  fromCharCode,
  numberToString,
  stringIndexOf,
  stringPadStart,
  stringToUpperCase,
} from '../primordials.ts'
import { encodeUtf8 } from '../text/utf8-encode.ts'

/** Escapes all but ASCII letters, digits and the characters in `kept`: the text's UTF-8 bytes as `%XX`. */
export function percentEncode(text: string, kept: string): string {
  const bytes = encodeUtf8(text)
  let encoded = ''
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!
    const character = fromCharCode(byte)
    if (isLetterOrDigit(byte) || (byte < 128 && stringIndexOf(kept, character) !== -1)) encoded += character
    else encoded += `%${stringPadStart(stringToUpperCase(numberToString(byte, 16)), 2, '0')}`
  }
  return encoded
}

function isLetterOrDigit(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57)
}
