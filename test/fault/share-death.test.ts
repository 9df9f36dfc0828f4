import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Json, ServerFixture } from '../e2e/server-fixture.ts'

const alone = { isAlone: true }

const slow = {
  'function.jsonc': JSON.stringify({ pool: { reserved: 1 } }),
  'index.js': `
    export default {
      async fetch(request) {
        const ms = Number(new URL(request.url).searchParams.get('ms') ?? 0)
        await new Promise((resolve) => setTimeout(resolve, ms))
        return new Response('done')
      },
    }`,
}

/** The worker in which the function runs; waits until there is one. */
async function holderOf(server: ServerFixture, name: string): Promise<Json> {
  for (;;) {
    const { workers } = (await server.admin('GET', '/v1/workers')).body
    const holder = workers.find(({ status }: Json) =>
      status?.instances.some((one: Json) => one.functionName === name && one.inFlight > 0),
    )
    if (holder !== undefined) return holder
    await delay(10)
  }
}

test('the share of a worker that is killed is free at once, and what it ran for others is interrupted', async () => {
  await using server = await ServerFixture.start({ workers: 2 })
  await server.deploy('one', slow)
  // Of many clients one is served; the others are turned away by now.
  const clients = Array.from({ length: 12 }, () =>
    server.call('/one?ms=20000', alone).then(
      ({ status, headers }) => `${status} ${headers['x-isolette-outcome']}`,
      () => 'reset',
    ),
  )
  const holder = await holderOf(server, 'one')
  assert.equal((await server.call('/one', alone)).status, 429)
  process.kill(holder.pid, 'SIGKILL')
  const ends = await Promise.all(clients)
  const served = ends.filter((end) => end !== '429 throttled')
  assert.equal(served.length, 1, ends.join())
  // Its own clients are gone with it; those of the other worker are answered.
  assert.match(served[0]!, /^(reset|503 interrupted)$/)
  const deadlineMs = Date.now() + 10_000
  for (;;) {
    const answer = await server.call('/one', alone).catch(() => null)
    if (answer?.status === 200) break
    assert.ok(Date.now() < deadlineMs, `${answer?.status} ${answer?.text}`)
  }
})

test('a worker that is replaced leaves its share to the others, and none of its requests is lost', async () => {
  await using server = await ServerFixture.start({ workers: 2 })
  await server.deploy('one', slow)
  const running = server.call('/one?ms=1500', alone)
  await holderOf(server, 'one')
  const replaced = server.admin('POST', '/v1/workers/replacement', {})
  assert.equal((await running).text, 'done')
  assert.equal((await replaced).status, 200)
  for (let request = 0; request < 10; request++) {
    const answer = await server.call('/one', alone)
    assert.equal(answer.status, 200, answer.text)
  }
})
