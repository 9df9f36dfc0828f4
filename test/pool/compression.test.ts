import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'

/** Compresses so many bytes that take zlib's longest: 10 ms for 64 KiB. */
const compressing = (bytes: number) =>
  fetching(`const chunk = new Uint8Array(${bytes})
    for (let i = 0, n = 1; i < chunk.length; i++) { n = n * 48271 % 2147483647; chunk[i] = n & 1 }
    const compressed = await new Response(new Blob([chunk]).stream().pipeThrough(new CompressionStream('gzip'))).bytes()
    return new Response(String(compressed.length))`)

it('charges the time that compressing takes to the request', async () => {
  await using fixture = new PoolFixture()
  const little = await fixture.begin(fixture.define({ bundle: compressing(1), limits: { cpuMs: 500 } }))
    .settled
  const much = await fixture.begin(fixture.define({ bundle: compressing(400_000), limits: { cpuMs: 500 } }))
    .settled
  assert.equal(much.outcome.kind, 'ok')
  assert.ok(much.usage.cpuMs > little.usage.cpuMs + 20, `${little.usage.cpuMs} and ${much.usage.cpuMs} ms`)
})

it('stops a request that compresses beyond its CPU time', async () => {
  await using fixture = new PoolFixture()
  const { outcome } = await fixture.begin(
    fixture.define({ bundle: compressing(4_000_000), limits: { cpuMs: 20 } }),
  ).settled
  assert.equal(outcome.kind, 'exceeded_cpu')
})

it('gives compressors back their memory when the request that left them has ended, while others run', async () => {
  await using fixture = new PoolFixture()
  const target = fixture.define({
    bundle: fetching(`if (path === '/wait') {
        let timer
        await new Promise((resolve) => { globalThis.release = resolve; timer = setTimeout(resolve, 20_000) })
        clearTimeout(timer)
        return new Response('waited')
      }
      if (path === '/release') { release(); return new Response('released') }
      let written
      for (let i = 0; i < 10; i++) {
        const { readable, writable } = new CompressionStream('gzip')
        readable.getReader().read()
        written = writable.getWriter().write(new Uint8Array(1))
      }
      return new Response(await written.then(() => 'ok', String))`),
    limits: { memoryMiB: 16 },
  })
  const waiting = fixture.get(target, '/wait')
  for (let request = 0; request < 20; request++) assert.equal(textOf(await fixture.get(target)), 'ok')
  await fixture.get(target, '/release')
  assert.equal(textOf(await waiting), 'waited')
})
