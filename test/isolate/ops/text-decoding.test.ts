import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeText, encodingName } from '../../../runtime/isolate/ops/text-decoding.ts'

const samples: Readonly<Record<string, readonly number[]>> = {
  gb18030: [0x41, 0x81, 0x30, 0x81, 0x30, 0xb0, 0xa1, 0x42],
  shift_jis: [0x82, 0xa0, 0x41, 0x82, 0xa2],
  'euc-jp': [0xa4, 0xa2, 0x8f, 0xb0, 0xa1, 0x41],
  big5: [0xa4, 0x40, 0x41, 0x88, 0x62, 0xa4, 0x40],
  'euc-kr': [0xb0, 0xa1, 0x41, 0xb0],
  'koi8-r': [0xc0, 0x41],
  // Three changes of mode.
  'iso-2022-jp': [
    0x1b, 0x24, 0x42, 0x24, 0x22, 0x24, 0x24, 0x1b, 0x28, 0x42, 0x41, 0x1b, 0x24, 0x42, 0x24, 0x22,
  ],
}

/** Decodes chunk by chunk, as a guest does. */
function decodeChunks(name: string, chunks: readonly (readonly number[])[]): string {
  let carried: number[] = []
  let text = ''
  for (const [index, chunk] of chunks.entries()) {
    const stage = { isContinued: index > 0, isMoreComing: index < chunks.length - 1 }
    const answer = decodeText(name, false, new Uint8Array([...carried, ...chunk]), stage)!
    const count = answer.charCodeAt(0)
    carried = [...answer.slice(1, 1 + count)].map((unit) => unit.charCodeAt(0))
    text += answer.slice(1 + count)
  }
  return text
}

test('bytes make the same text wherever they are cut', () => {
  for (const [name, bytes] of Object.entries(samples)) {
    const whole = new TextDecoder(name).decode(new Uint8Array(bytes))
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const chunks = [bytes.slice(0, first), bytes.slice(first, second), bytes.slice(second)]
        assert.equal(decodeChunks(name, chunks), whole, `${name} cut at ${first} and ${second}`)
      }
    }
  }
})

test('wrong bytes are told if the decoder is fatal', () => {
  const whole = { isContinued: false, isMoreComing: false }
  assert.equal(decodeText('euc-kr', true, new Uint8Array([0xff]), whole), undefined)
  assert.equal(decodeText('euc-kr', true, new Uint8Array([0xb0]), whole), undefined)
  assert.equal(decodeText('euc-kr', false, new Uint8Array([0xff]), whole), '\0\ufffd')
  const first = { isContinued: false, isMoreComing: true }
  assert.equal(decodeText('euc-kr', true, new Uint8Array([0xb0]), first), '\x01\xb0')
})

test('what cannot be decoded in a moment is not', () => {
  const whole = { isContinued: false, isMoreComing: false }
  assert.equal(decodeText('gbk', false, new Uint8Array(2 ** 17 + 65), whole), undefined)
  assert.equal(decodeText('no such', false, new Uint8Array(1), whole), undefined)
})

test('names an encoding by any of its labels', () => {
  assert.equal(encodingName('ms_kanji'), 'shift_jis')
  assert.equal(encodingName('ms_kanji'.padEnd(65)), '')
  assert.equal(encodingName('replacement'), '')
  assert.equal(encodingName('nonsense'), '')
})
