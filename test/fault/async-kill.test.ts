import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Json, ServerFixture } from '../e2e/server-fixture.ts'
import { CallLedger } from './call-ledger.ts'

const calls = 20_000
const clients = 32
/** Kills in turn a worker and the supervisor. */
const kills = 8

const finalStates = ['Succeeded', 'Failed', 'Stopped', 'Expired']

test('kill -9 of workers and supervisors loses no call that was answered with 202, and runs none twice but where it cut it', {
  timeout: 170_000,
}, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'isolette-kill-'))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  await using ledger = await CallLedger.open()
  const start = () => ServerFixture.start({ workers: 2, dataDir })
  let server = await start()
  t.after(() => server.stop('SIGKILL'))
  await server.deploy('errand', {
    'function.jsonc': JSON.stringify({
      async: { http: true, backoff: { initialMs: 10, maxMs: 100 } },
      egress: { allow: [ledger.address] },
      limits: { subrequests: 1 },
    }),
    'index.js': ledger.source(),
  })

  /** Number of the call by the id that its 202 gave. */
  const accepted = new Map<string, number>()
  let next = 0
  const send = async (): Promise<void> => {
    while (next < calls) {
      const number = next++
      // A connection that is cut says nothing of its call; another call is sent instead.
      const answer = await server
        .call(`/errand/${number}`, {
          method: 'POST',
          headers: { prefer: 'respond-async' },
          body: 'x'.repeat(200),
        })
        .catch(() => null)
      if (answer === null) await delay(20)
      else if (answer.status === 202) accepted.set(JSON.parse(answer.text).invocationId, number)
      else assert.equal(answer.status, 503, answer.text)
    }
  }
  const sent = Promise.all(Array.from({ length: clients }, send))

  for (let kill = 0; kill < kills; kill++) {
    // So that the moments lie all over the load, however fast the machine is.
    const from = accepted.size
    const share = (calls / (kills + 1)) * (0.5 + Math.random() / 2)
    while (next < calls && accepted.size < from + share) await delay(5)
    if (kill % 2 === 0) {
      const { workers } = (await server.admin('GET', '/v1/workers')).body
      const ready = workers.filter((one: Json) => one.state === 'ready')
      if (ready.length > 0) process.kill(ready[Math.floor(Math.random() * ready.length)].pid, 'SIGKILL')
    } else {
      await server.stop('SIGKILL')
      server = await start()
    }
  }
  await sent
  assert.ok(accepted.size > calls / 2, `${accepted.size} accepted`)

  // Everything ends.
  for (;;) {
    const { body } = await server.admin(
      'GET',
      '/v1/invocations?state=Enqueued,Running,Retrying,Stopping&limit=1',
    )
    if (body.invocations.length === 0 && body.cursor === null) break
    await delay(50)
  }

  const known = new Map<string, Json>()
  let cursor: string | null = null
  do {
    const page: Json = await server.admin(
      'GET',
      `/v1/invocations?limit=100${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    assert.equal(page.status, 200, JSON.stringify(page.body))
    for (const one of page.body.invocations) {
      assert.ok(!known.has(one.id), `${one.id} is listed twice`)
      known.set(one.id, one)
    }
    cursor = page.body.cursor
  } while (cursor !== null)

  const lost = [...accepted.keys()].filter((id) => !known.has(id))
  assert.deepEqual(lost, [], `${lost.length} of ${accepted.size} lost`)
  for (const [id, number] of accepted) {
    const call = known.get(id)
    assert.ok(finalStates.includes(call.state), `${id} is ${call.state}`)
    assert.equal(call.state, 'Succeeded', JSON.stringify(call))
    const runs = ledger.runs.get(String(number)) ?? 0
    assert.ok(runs >= 1, `${id} never ran`)
    if (runs === 1) continue
    const { body: full } = await server.admin('GET', `/v1/invocations/${id}`)
    const cut = full.history.filter((attempt: Json) => attempt.outcome !== 'ok')
    assert.ok(cut.length >= runs - 1, `${id} ran ${runs} times: ${JSON.stringify(full.history)}`)
  }
  await server.stop()
})
