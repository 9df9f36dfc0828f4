/**
 * The encodings of the Encoding standard that few still write, decoded by Node's ICU: their tables are half a megabyte
 * that no isolate should carry.
 *
 * Nothing is kept here between two chunks of one text, so there is nothing that a guest could leave behind: what the
 * end of a chunk has begun goes back to the guest, as bytes that its next chunk must begin with.
 */

/** Node's decoder cannot be interrupted: of some encodings it takes 10 ms for so many. With what was carried over. */
const maxBytes = 2 ** 17 + 64

/** No label is as long, whatever space surrounds it. */
const maxLabelUnits = 64

/** The encoding's name; '' if the label is none. */
export function encodingName(label: string): string {
  if (label.length > maxLabelUnits) return ''
  try {
    return new TextDecoder(label).encoding
  } catch {
    return ''
  }
}

/** See `op.decodeText`. */
export function decodeText(
  name: string,
  isFatal: boolean,
  given: Uint8Array,
  { isContinued, isMoreComing }: { isContinued: boolean; isMoreComing: boolean },
): string | undefined {
  if (given.byteLength > maxBytes) return undefined
  const bytes = isContinued && hasModes(name) ? withoutUselessMode(given) : given
  try {
    const decoder = new TextDecoder(name, { fatal: isFatal })
    if (!isMoreComing) return `\0${decoder.decode(bytes)}`
    const text = decoder.decode(bytes, { stream: true })
    const mode = hasModes(name) ? (latin1(bytes).match(escapeSequence)?.at(-1) ?? '') : ''
    const carried = mode + tailOf(name, bytes)
    return String.fromCharCode(carried.length) + carried + text
  } catch {
    return undefined
  }
}

/** No character is longer than four bytes. */
const maxTailBytes = 3

/** The bytes at the end that are the beginning of a character. */
function tailOf(name: string, bytes: Uint8Array): string {
  const decoder = new TextDecoder(name)
  const text = decoder.decode(bytes, { stream: true })
  if (decoder.decode() === '') return ''
  for (let length = 1; length <= maxTailBytes; length++) {
    const rest = bytes.subarray(0, bytes.length - length)
    if (new TextDecoder(name).decode(rest) === text) return latin1(bytes.subarray(bytes.length - length))
  }
  return ''
}

/** Whether escape sequences say how the bytes that follow are meant. */
function hasModes(name: string): boolean {
  return name === 'iso-2022-jp'
}

/** Two of them in a row are an error: one that was carried over must go if the chunk itself begins with another. */
function withoutUselessMode(bytes: Uint8Array): Uint8Array {
  const begin = latin1(bytes.subarray(0, 6))
  return begin.length === 6 && begin.match(escapeSequence)?.join('') === begin ? bytes.subarray(3) : bytes
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with one
const escapeSequence = /\x1b(?:\([BIJ]|\$[@B])/g

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
