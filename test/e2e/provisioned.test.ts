import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Json, ServerFixture } from './server-fixture.ts'

/** Answers how many instances of this one's version ran `init` before it. */
const counting = (text: string) => ({
  'function.jsonc': '{ "pool": { "provisioned": 3, "concurrency": 1 } }',
  'index.js': `let isReady = false
    export default {
      async init() { await new Promise((done) => setTimeout(done, 20)); isReady = true },
      fetch: () => new Response('${text} ' + isReady),
    }`,
})

/** `counter:1=2/2` for each version that a worker keeps ready: how many there are, of how many. */
async function provisioned(server: ServerFixture): Promise<string[]> {
  const { body } = await server.admin('GET', '/v1/workers')
  return body.workers.flatMap(({ status }: Json) =>
    (status?.provisioned ?? []).map(
      ({ functionName, version, ready, wanted }: Json) => `${functionName}:${version}=${ready}/${wanted}`,
    ),
  )
}

async function untilProvisioned(server: ServerFixture, expected: readonly string[]): Promise<void> {
  const endMs = performance.now() + 20_000
  let found: string[] = []
  while (performance.now() < endMs) {
    found = await provisioned(server)
    if (found.join() === expected.join()) return
    await delay(50)
  }
  assert.deepEqual(found, expected)
}

async function metric(server: ServerFixture, name: string): Promise<number> {
  const { stdout } = await server.cli('ps', '--json')
  return JSON.parse(stdout).workers.reduce((sum: number, { status }: Json) => sum + status[name], 0)
}

test('provisioned instances are ready before the first request, over all workers, and follow what is deployed', async () => {
  await using server = await ServerFixture.start({ workers: 2 })
  await server.deploy('counter', counting('one'))
  await untilProvisioned(server, ['counter:1=2/2', 'counter:1=1/1'])
  assert.equal(await metric(server, 'coldStarts'), 0)
  assert.equal(await server.text('/counter'), 'one true')
  assert.equal(await metric(server, 'coldStarts'), 0)
  assert.equal(await metric(server, 'warmStarts'), 1)

  await server.deploy('counter', counting('two'))
  await untilProvisioned(server, ['counter:2=2/2', 'counter:2=1/1'])
  await server.admin('PUT', '/v1/functions/counter/aliases/live', { weights: { 1: 0.5, 2: 0.5 } })
  await untilProvisioned(server, ['counter:1=1/1', 'counter:2=1/1', 'counter:1=1/1'])
  await server.admin('POST', '/v1/functions/counter/aliases/live/rollback')
  await untilProvisioned(server, ['counter:2=2/2', 'counter:2=1/1'])

  assert.equal((await server.cli('workers', 'replace')).code, 0)
  await untilProvisioned(server, ['counter:2=2/2', 'counter:2=1/1'])
  await server.admin('DELETE', '/v1/functions/counter?force=true')
  await untilProvisioned(server, [])
})

test('they are there again after a restart', async () => {
  await using server = await ServerFixture.start()
  await server.deploy('counter', counting('one'))
  await untilProvisioned(server, ['counter:1=3/3'])
  assert.equal(await server.stop(), 0)
  await using again = await ServerFixture.start({ dataDir: server.dataDir })
  await untilProvisioned(again, ['counter:1=3/3'])
})
