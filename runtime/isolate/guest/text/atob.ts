import { stringCharCodeAt, typedArrayByteLength, Uint8Array } from '../primordials.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { TextCollector } from './text-collector.ts'

/** HTML's `atob`: base64 to a string of bytes. */
export function atob(data: string): string {
  const bytes = decodeBase64(`${data}`)
  if (bytes === null)
    throw new (require('../event/dom-exception.ts').DOMException)(
      'Cannot decode: the text is not base64',
      'InvalidCharacterError',
    )
  const text = new TextCollector()
  for (let index = 0; index < typedArrayByteLength(bytes); index++) text.add(bytes[index]!)
  return text.finish()
}

/** HTML's `btoa`: a string of bytes to base64. */
export function btoa(data: string): string {
  const text = `${data}`
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index++) {
    const code = stringCharCodeAt(text, index)
    if (code > 255) {
      throw new (require('../event/dom-exception.ts').DOMException)(
        'Cannot encode: the text holds characters beyond one byte',
        'InvalidCharacterError',
      )
    }
    bytes[index] = code
  }
  return encodeBase64(bytes)
}
