import { stringCharCodeAt, typedArrayByteLength } from '../primordials.ts'
import { TextCollector } from './text-collector.ts'

/** What the bytes 0x80 to 0x9f mean in windows-1252. */
const high =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178'

/** Every byte is a character: nothing is kept, nothing is wrong. */
export function decodeWindows1252(bytes: Uint8Array): string {
  const text = new TextCollector()
  for (let index = 0; index < typedArrayByteLength(bytes); index++) {
    const byte = bytes[index]!
    text.add(byte >= 0x80 && byte < 0xa0 ? stringCharCodeAt(high, byte - 0x80) : byte)
  }
  return text.finish()
}

/** The same: what is not ASCII lies in a private area of Unicode. */
export function decodeUserDefined(bytes: Uint8Array): string {
  const text = new TextCollector()
  for (let index = 0; index < typedArrayByteLength(bytes); index++) {
    const byte = bytes[index]!
    text.add(byte < 0x80 ? byte : 0xf780 + byte - 0x80)
  }
  return text.finish()
}
