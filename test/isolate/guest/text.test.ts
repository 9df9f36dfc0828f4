import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evaluate } from './harness.ts'
import { assertExpressionsLikeNode, assertLikeNode } from './like-node.ts'

describe('TextEncoder and TextDecoder', () => {
  const texts = [
    '',
    'ascii',
    'é€😀',
    '\ud800',
    'a\udc00b',
    '\ud83d\ude00\ud83d',
    '\ufeffx',
    'x'.repeat(10_000),
    'é😀'.repeat(5000),
  ]
  it('encode and decode as Node does', () =>
    assertLikeNode(`
      const seen = []
      const sum = (bytes) => bytes.reduce((sum, byte) => (sum * 31 + byte) % 1000003, bytes.length)
      for (const text of ${JSON.stringify(texts)}) {
        const bytes = new TextEncoder().encode(text)
        seen.push(sum(bytes), new TextDecoder().decode(bytes) === text.toWellFormed().replace(/^\\ufeff/, ''))
        for (const size of [0, 1, 2, 3, 4, 5, 7]) {
          const target = new Uint8Array(size)
          const { read, written } = new TextEncoder().encodeInto(text, target)
          seen.push(read, written, [...target])
        }
      }
      return seen`))

  const byteRuns = [
    [0xc3],
    [0xc3, 0x28],
    [0xe2, 0x82],
    [0xe2, 0x28, 0xa1],
    [0xf0, 0x9f, 0x98],
    [0xf0, 0x28, 0x8c, 0xbc],
    [0xff, 0xfe, 0x41],
    [0x80, 0x41],
    [0xc0, 0x80],
    [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80],
    [0xef, 0xbb, 0xbf, 0x41],
    [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf],
    [0xef, 0xbb],
    [0x41, 0xef, 0xbb, 0xbf],
    [0x3d, 0xd8, 0x00, 0xde],
    [0x3d, 0xd8],
    [0x00, 0xde, 0x41, 0x00],
    [0x41],
    [0x3d, 0xd8, 0x41, 0x00],
    [0xff, 0xfe, 0x41, 0x00],
    [0xfe, 0xff, 0x00, 0x41],
    [0x81, 0x30, 0x81, 0x30, 0x41],
    [0x82, 0xa0, 0x82],
    [0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x42, 0x41],
  ]
  it('decode what is broken, whole or in pieces, as Node does', () =>
    assertLikeNode(`
      const seen = []
      for (const bytes of ${JSON.stringify(byteRuns)}) {
        for (const label of ['utf-8', 'utf-16le', 'utf-16be', 'latin1', 'gb18030', 'shift_jis', 'iso-2022-jp']) {
          for (const options of [{}, { ignoreBOM: true }, { fatal: true }]) {
            const input = new Uint8Array(bytes)
            const attempt = (decode) => { try { return decode() } catch (error) { return error.name } }
            seen.push(attempt(() => new TextDecoder(label, options).decode(input)))
            seen.push(attempt(() => {
              const decoder = new TextDecoder(label, options)
              let text = ''
              for (const byte of input) text += decoder.decode(new Uint8Array([byte]), { stream: true })
              return text + decoder.decode()
            }))
          }
        }
      }
      return seen`))

  it('know their labels and refuse others as Node does', () =>
    assertExpressionsLikeNode([
      ...[
        'UTF-8',
        ' utf8 ',
        'unicode-1-1-utf-8',
        'utf-16',
        'UTF-16LE',
        'utf-16be',
        'ascii',
        'latin1',
        'iso-8859-1',
        'windows-1252',
        'x-nonsense',
        '',
        ' ',
        'utf-8 utf8',
        '\vutf-8',
        '\t\n\f\r utf-8\t\n\f\r ',
        '\0utf-8',
        '\u00a0utf-8',
        '\u212aoi8-r',
        'koi8-r',
        'csShiftJIS',
        'gb_2312-80',
        'x-mac-roman',
        'x-user-defined',
        'replacement',
      ].map((label) => `new TextDecoder(${JSON.stringify(label)}).encoding`),
      `new TextDecoder('latin1').decode(new Uint8Array(256).map((_, i) => i))`,
      `(({ encoding, fatal, ignoreBOM }) => [encoding, fatal, ignoreBOM])(new TextDecoder('utf8', { fatal: 1, ignoreBOM: 1 }))`,
      `new TextDecoder().decode(new Uint16Array([0x4142]))`,
      `new TextDecoder().decode(new DataView(new ArrayBuffer(2)))`,
      `new TextDecoder().decode(new ArrayBuffer(1))`,
      `new TextDecoder().decode()`,
      `new TextDecoder().decode('text')`,
      `new TextDecoder().decode(new SharedArrayBuffer(1))`,
      `new TextDecoder().decode(undefined, null)`,
      `new TextDecoder().decode(undefined, 1)`,
      `new TextDecoder('utf-8', 'text')`,
      `TextDecoder.prototype.decode.length`,
      `TextEncoder.prototype.encode.call(null)`,
      `TextEncoder.prototype.encoding`,
      `new TextEncoder().encodeInto('x')`,
      `new TextEncoder().encode()`,
      `new TextEncoder().encoding`,
      `new TextEncoder().encodeInto('x', new Uint16Array(2))`,
      `(() => { const d = new TextDecoder('utf-8', { fatal: true }); try { d.decode(new Uint8Array([0xff])) } catch {} return d.decode(new Uint8Array([65])) })()`,
    ]))

  it('decode texts that the host is asked for in pieces', () =>
    assertLikeNode(`
      const bytes = new Uint8Array(600001).map((_, index) => (index % 3 === 2 ? 0x41 : 0xb0))
      return new TextDecoder('euc-kr').decode(bytes).length`))

  // Node takes such bytes for control characters.
  it('decode x-user-defined as the standard has it', () =>
    assert.equal(
      evaluate(`return new TextDecoder('x-user-defined').decode(new Uint8Array([0x41, 0x80, 0xff]))`),
      'A\uf780\uf7ff',
    ))
})

describe('atob and btoa', () => {
  it('do as in Node', () =>
    assertExpressionsLikeNode([
      ...['', 'a', 'ab', 'abc', '\0\xff', '\u0100'].map((text) => `btoa(${JSON.stringify(text)})`),
      ...[
        '',
        'YQ==',
        'YQ',
        'YWI=',
        'YWJj',
        ' Y\nQ = = ',
        'YQ=',
        'Y',
        'YQ===',
        'YQ==YQ==',
        '=',
        'a-b_',
        'YWJj=',
        'ÿ',
        '/+/+',
      ].map((text) => `atob(${JSON.stringify(text)})`),
      `btoa(null)`,
      `(() => { try { atob('*') } catch (error) { return [error.name, error.code, error instanceof DOMException] } })()`,
    ]))
})
