import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ServerFixture } from './server-fixture.ts'

const quick = (text: string) => ({ 'index.js': `export default { fetch: () => new Response('${text}') }` })

test('a restart serves exactly what was deployed', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'isolette-restart-'))
  try {
    const state = async (server: ServerFixture) => [
      (await server.admin('GET', '/v1/functions')).body,
      (await server.admin('GET', '/v1/routes')).body,
      (await server.admin('GET', '/v1/functions/shop/versions')).body,
      (await server.admin('GET', '/v1/functions/shop/aliases')).body,
    ]
    let before: unknown
    {
      await using server = await ServerFixture.start({ dataDir })
      await server.deploy('shop', quick('one'))
      await server.deploy('shop', quick('two'))
      await server.deploy('other', { 'function.jsonc': '{ "routes": ["/a/:b"] }', ...quick('other') })
      await server.admin('PUT', '/v1/functions/shop/aliases/live', { weights: { 1: 1, 2: 0 } })
      await server.admin('PUT', '/v1/functions/shop/aliases/beta', { weights: { 2: 1 } })
      before = await state(server)
      assert.equal(await server.stop(), 0)
    }
    await using server = await ServerFixture.start({ dataDir })
    assert.deepEqual(await state(server), before)
    assert.equal(await server.text('/shop'), 'one')
    assert.equal(await server.text('/a/b'), 'other')
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('a second supervisor on the same data directory is refused in one line', async () => {
  await using server = await ServerFixture.start()
  await assert.rejects(ServerFixture.start({ dataDir: server.dataDir }), (error: Error) => {
    assert.match(error.message, /ended with 1/)
    assert.match(error.message, /^isolette: data_in_use: .*$/m)
    return true
  })
  await server.deploy('shop', quick('one'))
  assert.equal(await server.text('/shop'), 'one')
})

test('SIGTERM finishes what runs and exits 0', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('slow', {
    'index.js': `export default { async fetch() {
      await new Promise((done) => setTimeout(done, 300))
      return new Response('finished')
    } }`,
  })
  await server.text('/slow')
  const running = server.call('/slow')
  // Once the admin socket shows it, the request is in its instance.
  for (;;) {
    const { body } = await server.admin('GET', '/v1/workers')
    if (body.workers[0].status?.inFlight > 0) break
  }
  const stopped = server.stop()
  assert.equal((await running).text, 'finished')
  assert.equal(await stopped, 0)
})
