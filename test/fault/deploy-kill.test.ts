import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ServerFixture } from '../e2e/server-fixture.ts'

const rounds = 5

const saying = (text: string) => ({ 'index.js': `export default { fetch: () => new Response('${text}') }` })

test('kill -9 of the supervisor while it deploys leaves the old state or the new one', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'isolette-kill-'))
  try {
    let step = 0
    for (let round = 0; round < rounds; round++) {
      await using server = await ServerFixture.start({ dataDir })
      if (round > 0) {
        const served = Number(await server.text('/shop'))
        assert.ok(served === step - 1 || served === step, `serves ${served} after ${step} was begun`)
      }
      const beganAtMs = performance.now()
      await server.deploy('shop', saying(String(++step)))
      const deployMs = performance.now() - beganAtMs

      const interrupted = assert.rejects(server.deploy('shop', saying(String(++step)))).catch(() => {
        // It was answered before the kill.
      })
      await delay(Math.random() * deployMs)
      await server.stop('SIGKILL')
      await interrupted
    }
    await using server = await ServerFixture.start({ dataDir })
    const served = Number(await server.text('/shop'))
    assert.ok(served === step - 1 || served === step, `serves ${served} after ${step} was begun`)
    const { version } = await server.deploy('shop', saying('last'))
    assert.ok(version >= rounds && version <= step + 1)
    assert.equal(await server.text('/shop'), 'last')
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})
