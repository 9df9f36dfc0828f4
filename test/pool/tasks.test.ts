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
})
