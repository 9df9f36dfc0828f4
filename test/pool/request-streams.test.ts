import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { BytePipe } from '../../runtime/model/byte-pipe.ts'
import { nextText, readNext, restOf, SentBody, sent, streamOf, throughGuest } from './body-fixture.ts'
import { fetching, PoolFixture, textOf } from './pool-fixture.ts'

describe('A request body', () => {
  it('streams through the guest to the response, each chunk as it comes', async () => {
    await using fixture = new PoolFixture()
    const body = new SentBody()
    const { settled } = fixture.begin(fixture.define({ bundle: throughGuest }), '/', undefined, body.pipe)
    const response = streamOf(await settled)
    for (const text of ['one', 'two', 'three']) {
      body.write(text)
      assert.equal(await nextText(response), text)
    }
    body.pipe.end()
    assert.equal((await readNext(response)).kind, 'end')
  })

  it('is not read ahead of the guest', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`const reader = request.body.getReader(); await reader.read()
        await new Promise((resolve) => setTimeout(resolve, 20)); await request.signal
        return new Response('read one')`),
    })
    const body = new SentBody(10)
    const { settled } = fixture.begin(target, '/', undefined, body.pipe)
    body.write('0123456789')
    while (body.pipe.heldBytes > 0) await turn()
    body.write('0123456789')
    assert.equal(body.write('0123456789'), false)
    assert.equal(textOf(await settled), 'read one')
    assert.equal(body.rooms, 1)
    // What was left of it nobody wants.
    await turn()
    assert.equal(body.isCanceled, true)
  })

  it('is collected for whoever reads it whole', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: fetching(`return Response.json([await request.json()])`) })
    const { settled } = fixture.begin(target, '/', undefined, sent('{"a":', '"', 'é', '"}'))
    assert.equal(textOf(await settled), '[{"a":"é"}]')
  })

  it('that breaks off rejects what reads it, and says why', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle:
        fetching(`const read = path === '/text' ? request.text() : request.body.getReader().read().then(() => request.body.getReader)
        return new Response(await read.then(() => 'read', (error) => error.name + ': ' + error.message))`),
    })
    for (const path of ['/text', '/chunks']) {
      const body = new SentBody()
      const { settled } = fixture.begin(target, path, undefined, body.pipe)
      await turn()
      body.pipe.fail({ kind: 'canceled', message: 'the client stopped sending' })
      assert.equal(textOf(await settled), 'TypeError: Cannot read the body: the client stopped sending', path)
    }
  })

  it('must fit into the memory limit to be read whole', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`return new Response(await request.text().catch((error) => error.message))`),
      limits: { memoryMiB: 8 },
    })
    const body = new SentBody()
    const { settled } = fixture.begin(target, '/', undefined, body.pipe)
    for (let written = 0; written < 9; written++) body.pipe.write(new Uint8Array(2 ** 20))
    assert.match(textOf(await settled), /must fit into limits.memoryMiB/)
    await turn()
    assert.equal(body.isCanceled, true)
  })

  it('counts towards the memory limit when the guest keeps it, however it moves it about', async () => {
    const keeps = [
      'chunk',
      'new Uint8Array(chunk.buffer.transfer())',
      'structuredClone(chunk, { transfer: [chunk.buffer] })',
    ]
    for (const kept of keeps) {
      await using fixture = new PoolFixture()
      const target = fixture.define({
        bundle: fetching(
          `const all = []; for await (const chunk of request.body) all.push(${kept}); return new Response('kept')`,
        ),
        limits: { memoryMiB: 16, cpuMs: 500 },
      })
      let left = 40 * 16
      const write = () => {
        while (left-- > 0) if (!body.write(Buffer.allocUnsafeSlow(65_536))) return
        body.end()
      }
      const body = new BytePipe(65_536, { onRoom: write, onCancel() {} })
      write()
      const { outcome } = await fixture.begin(target, '/', undefined, body).settled
      assert.ok(['exceeded_memory', 'exception'].includes(outcome.kind), `${kept}: ${outcome.kind}`)
    }
  })

  it('is handed on by the host when it is answered untouched, whatever becomes of the instance', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: fetching('return new Response(request.body)') })
    const body = new SentBody()
    const response = streamOf(await fixture.begin(target, '/', undefined, body.pipe).settled)
    assert.equal(fixture.pool.instances()[0]!.inFlight, 0)
    fixture.pool.removeFunction('test')
    assert.equal(fixture.pool.residentInstances, 0)
    body.write('later')
    body.pipe.end()
    assert.equal(await restOf(response), 'later')
    assert.equal(body.isCanceled, false)
  })

  it('is still there for the second run of a request whose instance was condemned before it began', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`if (path === '/bad') for (;;); return new Response(await request.text())`),
      limits: { cpuMs: 10 },
    })
    // Until the version is known to be quick, its requests enter one by one.
    for (let warm = 0; warm < 60; warm++) await fixture.begin(target, '/warm', undefined, sent('x')).settled
    const bad = fixture.get(target, '/bad')
    const good = fixture.begin(target, '/good', undefined, sent('still', ' here')).settled
    assert.equal((await bad).outcome.kind, 'exceeded_cpu')
    assert.equal(textOf(await good), 'still here')
  })
})
