import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readNext, SentBody, streamOf } from './body-fixture.ts'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'

it('gives the guest a long body as it was sent', async () => {
  await using fixture = new PoolFixture()
  const bundle = fetching(`const sent = '\\ufeff' + '\\ufeff€😀'.repeat(6e5), name = path.slice(1)
    const body = await request[name]()
    if (name === 'text') return new Response(String(body === sent.slice(1)))
    const expected = new TextEncoder().encode(sent)
    return new Response(String(body.length === expected.length && body.every((byte, index) => byte === expected[index])))`)
  const target = fixture.define({ bundle, limits: { cpuMs: 5000 } })
  const bytes = Buffer.from(`\ufeff${'\ufeff€😀'.repeat(6e5)}`)
  for (const path of ['/text', '/bytes']) {
    const body = new SentBody(2 ** 30)
    for (let at = 0; at < bytes.length; at += 100_003)
      body.pipe.write(new Uint8Array(bytes.subarray(at, at + 100_003)))
    body.pipe.end()
    assert.equal(textOf(await fixture.begin(target, path, undefined, body.pipe).settled), 'true', path)
  }
})

it('takes a long chunk of a response piece by piece, as it is read', async () => {
  await using fixture = new PoolFixture()
  const bundle = fetching(`const chunk = new Uint8Array(1e6).map((_, index) => index % 251)
    return new Response(new ReadableStream({ start(controller) { controller.enqueue(chunk); controller.close() } }))`)
  const source = streamOf(await fixture.get(fixture.define({ bundle, limits: { cpuMs: 1000 } })))
  const pieces: Uint8Array[] = []
  for (let read = await readNext(source); read.kind === 'bytes'; read = await readNext(source))
    pieces.push(read.bytes)
  assert.deepEqual(
    pieces.map(({ byteLength }) => byteLength),
    [262_144, 262_144, 262_144, 213_568],
  )
  assert.ok(Buffer.concat(pieces).every((byte, index) => byte === index % 251))
})
