import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PoolFixture, textOf } from './pool-fixture.ts'

function bundle(body: string, before = ''): string {
  return `(() => { ${before}; return { default: { async fetch(request) { ${body} } } } })()`
}

describe('tasks', () => {
  it('each run with their own promises, before the next begins', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: bundle(`
        const seen = []
        const { port1, port2 } = new MessageChannel()
        const done = Promise.withResolvers()
        port1.onmessage = async ({ data }) => {
          seen.push(data)
          for (let turn = 0; turn < 100; turn++) await undefined
          seen.push(data + data)
          if (data === 'c') setTimeout(done.resolve, 0)
        }
        port2.postMessage('a')
        setTimeout(() => seen.push('timer'), 0)
        port2.postMessage('b')
        port2.postMessage('c')
        await done.promise
        return Response.json(seen)`),
    })
    const settled = await fixture.get(target)
    assert.deepEqual(JSON.parse(textOf(settled)), ['a', 'aa', 'b', 'bb', 'c', 'cc', 'timer'])
    assert.deepEqual(fixture.faults, [])
  })

  it('that wait are something that can still wake the guest; a timeout that nobody listens to is not', async () => {
    await using fixture = new PoolFixture()
    const waiting = fixture.define({
      bundle: bundle(`const { port1, port2 } = new MessageChannel(); port2.postMessage('woken')
        return new Response(await new Promise((done) => { port1.onmessage = ({ data }) => done(data) }))`),
    })
    assert.equal(textOf(await fixture.get(waiting)), 'woken')
    const idle = fixture.define({
      bundle: bundle(
        `AbortSignal.timeout(600_000); new MessageChannel().port1.onmessage = () => {}; await new Promise(() => {})`,
      ),
    })
    assert.equal((await fixture.get(idle)).outcome.kind, 'no_response')
  })

  it('without end leave others their turn, and end with the CPU limit', async () => {
    await using fixture = new PoolFixture()
    const flood = fixture.define({
      name: 'flood',
      limits: { cpuMs: 200 },
      bundle:
        bundle(`const { port1, port2 } = new MessageChannel(); port1.onmessage = () => { port2.postMessage(0); port2.postMessage(0) }; port2.postMessage(0)
        await new Promise(() => {})`),
    })
    const other = fixture.define({ name: 'other', bundle: bundle(`return new Response('ok')`) })
    let isFlooding = true
    const flooded = fixture.get(flood).then((settled) => {
      isFlooding = false
      return settled
    })
    assert.equal(textOf(await fixture.get(other)), 'ok')
    assert.equal(isFlooding, true)
    assert.equal((await flooded).outcome.kind, 'exceeded_cpu')
  })
})
