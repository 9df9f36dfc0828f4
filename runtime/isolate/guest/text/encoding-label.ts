import {
  RangeError,
  stringCharCodeAt,
  stringIndexOf,
  stringSlice,
  stringToLowerCase,
} from '../primordials.ts'
import { encodingName } from './host-encoding.ts'

/** Labels of each encoding that is decoded in here, between spaces. Latin-1 and ASCII are windows-1252 on the web. */
const utf8Labels = ' utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 '
const utf16Labels = ' utf-16le utf-16 ucs-2 unicode csunicode iso-10646-ucs-2 unicodefeff '
const utf16BigLabels = ' utf-16be unicodefffe '
const latinLabels =
  ' windows-1252 latin1 iso-8859-1 ascii us-ascii ansi_x3.4-1968 cp1252 cp819 csisolatin1 ibm819 iso-ir-100' +
  ' iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 x-cp1252 '
const userDefined = 'x-user-defined'

/**
 * The name of the encoding that a label of the Encoding standard stands for.
 *
 * @throws RangeError if there is none.
 */
export function encodingOf(label: string): string {
  const name = stringToLowerCase(trimAscii(label))
  if (isPlain(name)) {
    const key = ` ${name} `
    if (stringIndexOf(utf8Labels, key) !== -1) return 'utf-8'
    if (stringIndexOf(utf16Labels, key) !== -1) return 'utf-16le'
    if (stringIndexOf(utf16BigLabels, key) !== -1) return 'utf-16be'
    if (stringIndexOf(latinLabels, key) !== -1) return 'windows-1252'
    if (name === userDefined) return userDefined
    const rare = encodingName(name)
    if (rare !== '') return rare
  }
  throw new RangeError(`Cannot decode "${stringSlice(label, 0, 100)}": must be the label of an encoding`)
}

/** No label holds anything else. Letters that become ASCII in lower case are not what they seem. */
function isPlain(name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const code = stringCharCodeAt(name, index)
    if (code <= 32 || code >= 127) return false
  }
  return name !== '' && name.length < 32
}

function trimAscii(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(stringCharCodeAt(text, start))) start++
  while (end > start && isSpace(stringCharCodeAt(text, end - 1))) end--
  return stringSlice(text, start, end)
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 12 || code === 13
}
