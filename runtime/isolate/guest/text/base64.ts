import { stringCharCodeAt, typedArrayByteLength, Uint8Array } from '../primordials.ts'
import { TextCollector } from './text-collector.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const equals = 61
const noValue = 255

const valueOfCode = new Uint8Array(128)
for (let code = 0; code < 128; code++) valueOfCode[code] = noValue
for (let value = 0; value < 64; value++) valueOfCode[stringCharCodeAt(alphabet, value)] = value

/** RFC 4648 §4, with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = new TextCollector()
  const length = typedArrayByteLength(bytes)
  for (let at = 0; at < length; at += 3) {
    const rest = length - at
    const bits = (bytes[at]! << 16) | (rest > 1 ? bytes[at + 1]! << 8 : 0) | (rest > 2 ? bytes[at + 2]! : 0)
    text.add(stringCharCodeAt(alphabet, bits >> 18))
    text.add(stringCharCodeAt(alphabet, (bits >> 12) & 63))
    text.add(rest > 1 ? stringCharCodeAt(alphabet, (bits >> 6) & 63) : equals)
    text.add(rest > 2 ? stringCharCodeAt(alphabet, bits & 63) : equals)
  }
  return text.finish()
}

/** Reads base64 as forgivingly as the Infra standard: white space anywhere, padding or none. null if it is wrong. */
export function decodeBase64(text: string): Uint8Array | null {
  const values = new Uint8Array(text.length)
  let count = 0
  let padding = 0
  for (let index = 0; index < text.length; index++) {
    const code = stringCharCodeAt(text, index)
    if (code === 32 || code === 9 || code === 10 || code === 12 || code === 13) continue
    if (code === equals) {
      padding++
      continue
    }
    const value = code < 128 ? valueOfCode[code]! : noValue
    if (value === noValue || padding > 0) return null
    values[count++] = value
  }
  if (count % 4 === 1 || padding > 2 || (padding > 0 && (count + padding) % 4 !== 0)) return null
  const bytes = new Uint8Array((count * 6) >> 3)
  for (let at = 0, byte = 0; at < count; at += 4) {
    const bits =
      (values[at]! << 18) | (values[at + 1]! << 12) | ((values[at + 2] ?? 0) << 6) | (values[at + 3] ?? 0)
    bytes[byte++] = bits >> 16
    if (at + 2 < count) bytes[byte++] = bits >> 8
    if (at + 3 < count) bytes[byte++] = bits
  }
  return bytes
}
