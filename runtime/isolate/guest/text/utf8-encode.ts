import { stringCharCodeAt, Uint8Array } from '../primordials.ts'

const replacement = 0xfffd

/** Bytes of `text` in UTF-8; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text))
  encodeUtf8Into(text, bytes, bytes.length)
  return bytes
}

function utf8Length(text: string): number {
  let length = text.length
  for (let index = 0; index < text.length; index++) {
    const code = stringCharCodeAt(text, index)
    if (code < 0x80) continue
    // A surrogate pair makes four bytes of two units, a lone surrogate (as U+FFFD) three of one.
    if (code >= 0xd800 && code < 0xdc00 && isLowSurrogate(text, index + 1)) {
      length += 2
      index++
    } else length += code < 0x800 ? 1 : 2
  }
  return length
}

/** Writes whole characters until `space` bytes are full. */
export function encodeUtf8Into(
  text: string,
  bytes: Uint8Array,
  space: number,
): { readonly read: number; readonly written: number } {
  let at = 0
  let index = 0
  for (; index < text.length; index++) {
    let code = stringCharCodeAt(text, index)
    if (code < 0x80) {
      if (at + 1 > space) break
      bytes[at++] = code
    } else if (code < 0x800) {
      if (at + 2 > space) break
      bytes[at++] = 0xc0 | (code >> 6)
      bytes[at++] = 0x80 | (code & 0x3f)
    } else if (code >= 0xd800 && code < 0xdc00 && isLowSurrogate(text, index + 1)) {
      if (at + 4 > space) break
      code = 0x10000 + ((code - 0xd800) << 10) + stringCharCodeAt(text, ++index) - 0xdc00
      bytes[at++] = 0xf0 | (code >> 18)
      bytes[at++] = 0x80 | ((code >> 12) & 0x3f)
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[at++] = 0x80 | (code & 0x3f)
    } else {
      if (at + 3 > space) break
      if (code >= 0xd800 && code < 0xe000) code = replacement
      bytes[at++] = 0xe0 | (code >> 12)
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[at++] = 0x80 | (code & 0x3f)
    }
  }
  return { read: index, written: at }
}

function isLowSurrogate(text: string, index: number): boolean {
  if (index >= text.length) return false
  const code = stringCharCodeAt(text, index)
  return code >= 0xdc00 && code < 0xe000
}
