import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServerFixture } from '../e2e/server-fixture.ts'

test('a call whose function brings its worker down at each attempt ends as a dead letter', async () => {
  await using server = await ServerFixture.start({ workers: 1 })
  await server.deploy('bomb', {
    'function.jsonc': JSON.stringify({
      limits: { memoryMiB: 8, cpuMs: 500 },
      async: { maxAttempts: 2, backoff: { initialMs: 10, maxMs: 10 } },
    }),
    // V8 ends the process rather than the isolate.
    'index.js': `export async function handler() { return String('x'.repeat(2 ** 29 - 24).split('').length) }`,
  })
  await server.deploy('calm', { 'index.js': `export async function handler({ n }) { return n + 1 }` })
  const enqueue = async (name: string, event: unknown): Promise<string> => {
    const { status, body } = await server.admin('POST', `/v1/functions/${name}/invocations`, {
      type: 'async',
      event,
    })
    assert.equal(status, 202, JSON.stringify(body))
    return body.invocationId
  }
  const bomb = await enqueue('bomb', {})
  const innocent = await enqueue('calm', { n: 1 })
  const { body: dead } = await server.admin('GET', `/v1/invocations/${bomb}?wait=60s`)
  assert.equal(dead.state, 'Failed', JSON.stringify(dead))
  assert.equal(dead.reason, 'retries_exhausted')
  assert.equal(dead.attempts, 2)
  const counted = dead.history.filter((attempt: { counts: boolean }) => attempt.counts)
  assert.deepEqual(
    counted.map(({ outcome }: { outcome: string }) => outcome),
    ['crashed', 'crashed'],
  )
  const { body: done } = await server.admin('GET', `/v1/invocations/${innocent}?wait=60s`)
  assert.equal(done.state, 'Succeeded', JSON.stringify(done))
  assert.equal(done.attempts, 1)
})
