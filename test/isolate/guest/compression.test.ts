import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brotliDecompressSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { op } from '../../../runtime/isolate/abi.ts'
import { evaluate, Guest, thrown } from './harness.ts'

const decompressors = {
  gzip: gunzipSync,
  deflate: inflateSync,
  'deflate-raw': inflateRawSync,
  brotli: brotliDecompressSync,
}
const text = 'to be or not to be, '.repeat(50_000)

/** Whether nothing of the host's memory is held for compressors. */
function isAllFree(guest: Guest): boolean {
  const isFree = guest.codecMemory.hold(16 * 2 ** 20)
  if (isFree) guest.codecMemory.release(16 * 2 ** 20)
  return isFree
}

describe('CompressionStream', () => {
  for (const [format, decompress] of Object.entries(decompressors)) {
    it(`writes ${format} that Node reads`, () => {
      using guest = new Guest(
        `exports.default = { fetch: async (request) => new Response(await new Response(request.body.pipeThrough(new CompressionStream('${format}'))).bytes()) }`,
      )
      const { bytes } = guest.call({ method: 'POST', body: text })
      assert.ok(bytes.byteLength < text.length / 100)
      assert.equal(decompress(bytes).toString(), text)
      assert.ok(isAllFree(guest))
    })
  }

  it('asks nothing of the host before something is written', () => {
    using guest = new Guest(
      `exports.default = { fetch: () => new Response(String(new CompressionStream('gzip').readable.locked)) }`,
    )
    assert.equal(guest.call().body, 'false')
    assert.equal(guest.calls.get(op.openCodec), undefined)
  })

  it('takes a chunk as it was when it began with it', () => {
    assert.equal(
      evaluate(`const chunk = new Uint8Array(300_000)
        for (let i = 0, n = 1; i < chunk.length; i++) chunk[i] = n = n * 48271 % 2147483647
        const before = chunk.slice(), stream = new CompressionStream('deflate-raw'), writer = stream.writable.getWriter(), reader = stream.readable.getReader()
        writer.write(chunk); writer.close()
        const pieces = [(await reader.read()).value]
        chunk.fill(0)
        for (let result; !(result = await reader.read()).done; ) pieces.push(result.value)
        const after = await new Response(new Blob(pieces).stream().pipeThrough(new DecompressionStream('deflate-raw'))).bytes()
        return pieces.length > 2 && after.length === before.length && after.every((byte, index) => byte === before[index])`),
      true,
    )
  })

  it('refuses formats that there are none of', () => {
    for (const format of ['', 'GZIP', 'zstd', 'toString'])
      assert.match(
        String(thrown(`new CompressionStream('${format}')`)),
        /^TypeError: Cannot make a stream: format/,
      )
    assert.match(String(thrown('new DecompressionStream()')), /^TypeError/)
  })
})

describe('DecompressionStream', () => {
  const read = (body: string) =>
    `await new Response(${body}.pipeThrough(new DecompressionStream('gzip'))).text()`

  it('reads what Node writes, however it is cut', () => {
    using guest = new Guest(
      `exports.default = { fetch: async (request) => {
        const bytes = await request.bytes(), chunks = []
        for (let at = 0; at < bytes.length; at += 7) chunks.push(bytes.subarray(at, at + 7))
        return new Response(${read('ReadableStream.from(chunks)')})
      } }`,
    )
    assert.equal(
      guest.call({ method: 'POST', body: new Uint8Array(gzipSync(text.slice(0, 10_000))) }).body,
      text.slice(0, 10_000),
    )
    assert.ok(isAllFree(guest))
  })

  it('fails with a TypeError over what is wrong, cut off, or followed by something else', () => {
    for (const [bytes, reason] of [
      ['[1, 2, 3]', /incorrect header check/],
      ['[0x1f, 0x8b, 8, 0]', /unexpected end of file/],
      ['', /unexpected end of file/],
      [`[${[...gzipSync('x'), 0]}]`, /there is more after the end/],
    ] as const) {
      const message = String(thrown(read(`new Blob([new Uint8Array(${bytes})]).stream()`)))
      assert.match(message, /^TypeError: Cannot decompress: /)
      assert.match(message, reason)
    }
  })

  it('makes no more of a bomb than somebody reads', () => {
    using guest = new Guest(
      `exports.default = { fetch: async (request) => {
        const reader = request.body.pipeThrough(new DecompressionStream('gzip')).getReader()
        let total = 0
        for (let chunks = 0; chunks < 10; chunks++) total += (await reader.read()).value.byteLength
        await reader.cancel()
        return new Response(String(total))
      } }`,
    )
    // A thousand times as much.
    const bomb = new Uint8Array(gzipSync(new Uint8Array(2 ** 26)))
    assert.equal(guest.call({ method: 'POST', body: bomb }).body, String(10 * 65_536))
    const calls = guest.calls.get(op.runCodec)!
    assert.ok(calls >= 10 && calls < 14, `${calls} calls`)
    assert.ok(isAllFree(guest))
  })

  it('lets go of the host’s memory when nobody reads on, or writing is given up', () => {
    using guest = new Guest(
      `exports.default = { fetch: async (request, env, ctx) => {
        const header = new Uint8Array([0x1f, 0x8b, 8, 0])
        const one = new DecompressionStream('gzip'), first = one.writable.getWriter(); const reading = one.readable.getReader().read()
        await first.write(header); await first.abort('enough'); await reading.catch(() => {})
        const two = new DecompressionStream('gzip'), second = two.writable.getWriter(), reader = two.readable.getReader(); reader.read()
        await second.write(header); await reader.cancel()
        return new Response('ok')
      } }`,
    )
    assert.equal(guest.call().body, 'ok')
    assert.equal(guest.calls.get(op.openCodec), 2)
    assert.ok(isAllFree(guest))
  })

  it('says so when the instance has no memory for it', () => {
    using guest = new Guest(
      `exports.default = { fetch: async () => new Response(await new Response(new Blob(['x']).stream().pipeThrough(new CompressionStream('gzip'))).text().catch(String)) }`,
    )
    guest.codecMemory.hold(16 * 2 ** 20)
    assert.match(guest.call().body, /^TypeError: Cannot compress: .*limits\.memoryMiB/)
  })
})

it('streams of text carry characters over chunks', () => {
  assert.deepEqual(
    evaluate(`const read = async (stream) => { const chunks = []; for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? chunk : [...chunk]); return chunks }
      return [
        await read(ReadableStream.from(['a\\ud83d', '\\ude00', '', '\\ud83d']).pipeThrough(new TextEncoderStream())),
        await read(ReadableStream.from([[0x61, 0xf0, 0x9f], [0x98], [0x80, 0xf0]].map((bytes) => new Uint8Array(bytes))).pipeThrough(new TextDecoderStream())),
      ]`),
    [
      [[97], [240, 159, 152, 128], [239, 191, 189]],
      ['a', '😀', '\ufffd'],
    ],
  )
})
