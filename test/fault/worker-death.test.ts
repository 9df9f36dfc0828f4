import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, type Json, ServerFixture } from '../e2e/server-fixture.ts'

const hello = { 'index.js': `export default { fetch: () => new Response('hello') }` }

async function workers(server: ServerFixture): Promise<Json[]> {
  return (await server.admin('GET', '/v1/workers')).body.workers
}

/** Calls until it is answered: connections to a worker that dies are reset. */
async function untilAnswered(server: ServerFixture, path: string): Promise<Answer> {
  const deadlineMs = Date.now() + 10_000
  for (;;) {
    try {
      return await server.call(path)
    } catch (error) {
      if (Date.now() > deadlineMs) throw error
    }
  }
}

test('a worker killed with SIGKILL is replaced, and the port keeps answering', async () => {
  await using server = await ServerFixture.start({ workers: 2 })
  await server.deploy('shop', hello)
  const [victim] = await workers(server)
  process.kill(victim.pid, 'SIGKILL')
  // The other worker answers all the time.
  for (let request = 0; request < 50; request++)
    assert.equal((await untilAnswered(server, '/shop')).status, 200)
  for (;;) {
    const now = await workers(server)
    const replaced = now.find((one) => one.index === victim.index)
    if (replaced?.state === 'ready' && replaced.pid !== victim.pid) {
      assert.equal(replaced.restarts, 1)
      break
    }
  }
  assert.equal(await server.text('/shop'), 'hello')
})

const bombs = {
  // V8 ends the process rather than the isolate.
  'one huge allocation': `return new Response(String('x'.repeat(2 ** 29 - 24).split('').length))`,
  // isolated-vm reads both for the error that it makes of an unhandled rejection, and goes on with the second when the
  // guardian ended the first: only the supervisor, which hears nothing of the worker any more, can stop it.
  'a rejection whose properties never end': `
    const get = () => { for (;;); }
    Promise.reject(Object.defineProperties({}, { message: { get }, stack: { get } }))
    return new Response('')`,
}

for (const [what, body] of Object.entries(bombs))
  test(`a version that brings its worker down three times by ${what} is quarantined, and others keep answering`, async () => {
    await using server = await ServerFixture.start()
    await server.deploy('shop', hello)
    await server.deploy('bomb', {
      'function.jsonc': '{ "limits": { "memoryMiB": 8, "cpuMs": 500 } }',
      'index.js': `export default { async fetch() { ${body} } }`,
    })
    for (let death = 0; death < 3; death++) {
      await server.call('/bomb').then(
        (answer) => assert.notEqual(answer.status, 200, answer.text),
        () => {},
      )
      assert.equal((await untilAnswered(server, '/shop')).status, 200)
    }
    const answer = await untilAnswered(server, '/bomb')
    assert.equal(answer.headers['x-isolette-outcome'], 'quarantined', answer.text)
    assert.equal(answer.status, 503)
    assert.ok(answer.headers['retry-after'])
    assert.equal(await server.text('/shop'), 'hello')
  })

test('workers are replaced on request without losing one', async () => {
  await using server = await ServerFixture.start({ workers: 1 })
  await server.deploy('shop', hello)
  const [before] = await workers(server)
  let isLoading = true
  let answered = 0
  let resets = 0
  const clients = Array.from({ length: 8 }, async () => {
    while (isLoading) {
      try {
        assert.equal(await server.text('/shop'), 'hello')
        answered++
      } catch (error) {
        // Of a connection that arrives in the moment in which the old worker closes its socket: see operations.md.
        if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
        resets++
      }
    }
  })
  const { status } = await server.admin('POST', '/v1/workers/replacement', {})
  isLoading = false
  await Promise.all(clients)
  assert.equal(status, 200)
  const ready = (await workers(server)).filter(({ state }) => state === 'ready')
  assert.equal(ready.length, 1)
  assert.notEqual(ready[0].pid, before.pid)
  assert.ok(answered > 100, `${answered} requests`)
  assert.ok(resets <= clients.length, `${resets} connections reset`)
})
