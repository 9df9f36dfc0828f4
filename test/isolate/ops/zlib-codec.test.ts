import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib'
import {
  type CompressionFormat,
  isCompressionFormat,
  maxInputBytes,
  maxOutputBytes,
  ZlibCodec,
} from '../../../runtime/isolate/ops/zlib-codec.ts'

const formats: readonly {
  readonly format: CompressionFormat
  readonly compress: (bytes: Uint8Array) => Buffer
  readonly decompress: (bytes: Uint8Array) => Buffer
}[] = [
  { format: 'gzip', compress: gzipSync, decompress: gunzipSync },
  { format: 'deflate', compress: deflateSync, decompress: inflateSync },
  { format: 'deflate-raw', compress: deflateRawSync, decompress: inflateRawSync },
  { format: 'brotli', compress: brotliCompressSync, decompress: brotliDecompressSync },
]

/** Some that shrinks, and some that does not. */
const content = Buffer.concat([Buffer.from('to be or not to be, '.repeat(10_000)), randomBytes(70_000)])

function runAll(codec: ZlibCodec, input: Uint8Array, pieceBytes: number): Buffer {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < input.byteLength || at === 0; at += pieceBytes) {
    codec.give(input.subarray(at, at + pieceBytes), at + pieceBytes >= input.byteLength)
    let piece: Uint8Array
    do {
      piece = codec.run()
      assert.ok(piece.byteLength <= maxOutputBytes)
      pieces.push(piece.slice())
    } while (piece.byteLength === maxOutputBytes)
  }
  return Buffer.concat(pieces)
}

for (const { format, compress, decompress } of formats) {
  describe(`ZlibCodec for ${format}`, () => {
    for (const pieceBytes of [1000, maxInputBytes]) {
      it(`makes of pieces of ${pieceBytes} bytes what Node reads, and reads what Node makes`, () => {
        const compressed = runAll(new ZlibCodec(format, false), content, pieceBytes)
        assert.deepEqual(decompress(compressed), content)
        assert.deepEqual(runAll(new ZlibCodec(format, true), compress(content), pieceBytes), content)
      })
    }

    it('is finished when all came out after the last piece', () => {
      const codec = new ZlibCodec(format, true)
      codec.give(compress(new Uint8Array(maxOutputBytes + 1)), true)
      assert.equal(codec.run().byteLength, maxOutputBytes)
      assert.equal(codec.isFinished, false)
      assert.equal(codec.run().byteLength, 1)
      assert.equal(codec.isFinished, true)
    })

    it('gives out what little it holds of much in bounded pieces', () => {
      const codec = new ZlibCodec(format, true)
      codec.give(compress(new Uint8Array(2 ** 24)).subarray(0, maxInputBytes), false)
      assert.equal(codec.run().byteLength, maxOutputBytes)
      assert.equal(codec.wantsInput, false)
    })

    it('fails over what is cut off, followed by something else, or damaged', () => {
      const whole = compress(content.subarray(0, 10_000))
      const damaged = Buffer.from(whole)
      damaged.fill(0xff, 2, 20)
      for (const wrong of [whole.subarray(0, -1), Buffer.concat([whole, whole.subarray(0, 1)]), damaged])
        assert.throws(() => runAll(new ZlibCodec(format, true), wrong, maxInputBytes), Error)
      assert.throws(
        () => runAll(new ZlibCodec(format, true), new Uint8Array(), maxInputBytes),
        /unexpected end/,
      )
    })

    it('throws when it is called after it failed or was closed', () => {
      const failed = new ZlibCodec(format, true)
      failed.give(randomBytes(1000).fill(0xff, 0, 20), true)
      assert.throws(() => failed.run())
      assert.throws(() => failed.run(), /closed/)
      const closed = new ZlibCodec(format, false)
      closed.close()
      closed.close()
      assert.throws(() => closed.run(), /closed/)
    })
  })
}

it('takes the names of formats for what they are', () => {
  assert.ok(isCompressionFormat('gzip'))
  for (const name of ['GZIP', 'zstd', '', 'toString', '__proto__', 1, null, undefined])
    assert.equal(isCompressionFormat(name), false)
})
